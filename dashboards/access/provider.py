"""The provider of single sign-on: its discovery document, its keys, the exchange of a code (OpenID Connect Core)."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import quote, urlencode

import httpx
import msgspec
from msgspec import Meta

from campus.clock import Clock
from campus.errors import Unavailable
from campus.settings.section import is_private
from campus.settings.sign_on import SignOn

KEPT = timedelta(hours=1)
KEYS_AGAIN = timedelta(minutes=1)  # a stranger's token makes us ask for keys no more often
_MOST = 256 * 1024
_Url = Annotated[str, Meta(min_length=8, max_length=2000)]


class Discovery(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider says of itself (OpenID Connect Discovery 1.0)."""

    issuer: str
    authorization_endpoint: _Url
    token_endpoint: _Url
    jwks_uri: _Url
    end_session_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)


class Refused(Exception):
    """The provider did not take the code; the message is its own word for why."""


class _Answer(msgspec.Struct, frozen=True):
    id_token: str = ""
    error: str = ""


class Provider:
    """One provider. What it says of itself is kept for an hour; every network error is `Unavailable`."""

    def __init__(self, settings: SignOn, callback: str, clock: Clock) -> None:
        self.settings = settings
        self.callback = callback
        self._clock = clock
        self._lock = threading.Lock()
        self._discovery: tuple[datetime, Discovery] | None = None
        self._keys: tuple[datetime, bytes] | None = None

    def discovery(self) -> Discovery:
        """The discovery document; raises `Unavailable` when it cannot be had or is not this issuer's."""
        now, kept = self._clock.now(), self._discovery
        if kept is not None and now - kept[0] < KEPT:
            return kept[1]
        raw = self._get(f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration")
        try:
            found = msgspec.json.decode(raw, type=Discovery)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Unavailable("single sign-on", f"its discovery document does not fit: {error}") from None
        if found.issuer != self.settings.issuer:
            detail = f"it calls itself {found.issuer!r}; write that into [sign_on] issuer if it is right"
            raise Unavailable("single sign-on", detail)
        for url in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
            if not is_private(url):
                raise Unavailable("single sign-on", f"{url!r} is not https")
        self._discovery = (now, found)
        return found

    def keys(self, *, newest: bool = False) -> bytes:
        """Its JWK set; ``newest`` asks again for what is older than a minute."""
        with self._lock:  # many sign in at eight: one asks
            now, kept = self._clock.now(), self._keys
            if kept is not None and now - kept[0] < (KEYS_AGAIN if newest else KEPT):
                return kept[1]
            fetched = self._get(self.discovery().jwks_uri)
            self._keys = (now, fetched)
            return fetched

    def address(self, state: str, nonce: str, verifier: str) -> str:
        """Where to send a person who wants to sign in."""
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.callback,
            "scope": self.settings.scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
        }
        return _with(self.discovery().authorization_endpoint, asked)

    def exchange(self, code: str, verifier: str) -> str:
        """The ID token for a code; raises `Refused` or `Unavailable`."""
        found, secret = self.discovery(), self.settings.client_secret
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.callback,
            "client_id": self.settings.client_id,
            "code_verifier": verifier,
        }
        headers = {"Accept": "application/json"}
        if secret and "client_secret_basic" in found.token_endpoint_auth_methods_supported:
            headers["Authorization"] = _basic(self.settings.client_id, secret)
        elif secret:
            form["client_secret"] = secret
        answer = self._ask("POST", found.token_endpoint, headers, form)
        try:
            said = msgspec.json.decode(answer.content, type=_Answer)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Unavailable("single sign-on", f"the token endpoint answered {answer.status_code}, no JSON") from None
        if answer.status_code != 200 or not said.id_token:
            raise Refused(said.error[:60] or f"status {answer.status_code} without an ID token")
        return said.id_token

    def farewell(self, back: str) -> str:
        """Where a person ends the provider's own session (RP-Initiated Logout 1.0); empty when it has no such place."""
        try:
            endpoint = self.discovery().end_session_endpoint
        except Unavailable:
            return ""
        asked = {"client_id": self.settings.client_id, "post_logout_redirect_uri": back}
        return _with(endpoint, asked) if is_private(endpoint) else ""

    def _get(self, url: str) -> bytes:
        answer = self._ask("GET", url, {"Accept": "application/json"})
        if answer.status_code != 200:
            raise Unavailable("single sign-on", f"{url} answered {answer.status_code}")
        return answer.content

    def _ask(
        self, method: str, url: str, headers: Mapping[str, str], form: dict[str, str] | None = None
    ) -> httpx.Response:
        try:
            answer = httpx.request(method, url, headers=dict(headers), data=form, timeout=self.settings.timeout_s)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise Unavailable("single sign-on", f"{url}: {type(error).__name__}") from None
        if answer.status_code >= 500 or len(answer.content) > _MOST:
            raise Unavailable("single sign-on", f"{url} answered {answer.status_code}, {len(answer.content)} bytes")
        return answer


def provider_of(settings: SignOn, base_url: str, clock: Clock) -> Provider | None:
    """The provider that people come back from to ``base_url``, or None where there is no single sign-on."""
    return Provider(settings, f"{base_url.rstrip('/')}/sign-in/sso/callback", clock) if settings.issuer else None


def challenge(verifier: str) -> str:
    """The S256 code challenge of a verifier (RFC 7636)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _basic(client: str, secret: str) -> str:
    """RFC 6749, 2.3.1: both are form-encoded before they are joined."""
    return "Basic " + base64.b64encode(f"{quote(client, safe='')}:{quote(secret, safe='')}".encode()).decode()


def _with(url: str, asked: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(asked)}"
