"""Posts alarms to a URL: CloudEvents body, Standard Webhooks headers."""

from __future__ import annotations

import hashlib
from http import HTTPStatus

import httpx

from alerts.notify.cloudevent import CONTENT_TYPE, to_cloudevent
from alerts.notify.notice import Notice, Parcel, Receipt
from alerts.notify.signing import parse_secrets, sign
from alerts.rules.rule import Severity
from campus.clock import Clock
from campus.errors import SettingsError
from campus.settings import Webhook

# 4xx that say "not now" and not "never".
TRY_AGAIN = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
LONGEST_WAIT_S = 86_400.0


class WebhookNotifier:
    """One webhook endpoint. ``wall`` is real time: receivers hold the timestamp against their own clock."""

    kind = "webhook"

    def __init__(self, settings: Webhook, client: httpx.Client, wall: Clock) -> None:
        where = f"alerts.webhooks {settings.name!r}"
        self._url = parse_url(settings.url, where)
        self._keys = parse_secrets(settings.secret, where)
        self._client = client
        self._wall = wall
        self.name = settings.name
        self.min_severity: Severity = settings.min_severity
        self.address = hashlib.sha256(settings.url.encode()).hexdigest()

    def render(self, notice: Notice) -> bytes:
        """The CloudEvents JSON of the notice."""
        return to_cloudevent(notice)

    def send(self, parcel: Parcel) -> Receipt:
        """POST the parcel; redirects are not followed, the answer's body is not read."""
        request = self._client.build_request("POST", self._url, content=parcel.body, headers=self._headers(parcel))
        try:
            answer = self._client.send(request, stream=True, follow_redirects=False)
        except httpx.TimeoutException as error:
            return Receipt(result="temporary", detail=f"no answer in time ({type(error).__name__})")
        except httpx.TransportError as error:
            return Receipt(result="temporary", detail=f"not reached ({type(error).__name__})")
        answer.close()
        return judge(answer.status_code, answer.headers.get("retry-after", ""))

    def _headers(self, parcel: Parcel) -> dict[str, str]:
        timestamp = int(self._wall.now().timestamp())
        headers = {
            "content-type": CONTENT_TYPE,
            "user-agent": "campus-safety",
            "webhook-id": parcel.key,
            "webhook-timestamp": str(timestamp),
        }
        if self._keys:
            headers["webhook-signature"] = sign(self._keys, parcel.key, timestamp, parcel.body)
        return headers


def judge(status: int, retry_after: str = "") -> Receipt:
    """What an HTTP status means for the message; ``retry_after`` in seconds is kept to, up to a day."""
    detail = f"HTTP {status}"
    if 200 <= status < 300:
        return Receipt(result="done", detail=detail, status=status)
    if status == HTTPStatus.GONE:
        return Receipt(result="gone", detail=f"{detail}: the endpoint wants no messages any more", status=status)
    if status >= 500 or status in TRY_AGAIN:
        wait = min(float(retry_after), LONGEST_WAIT_S) if retry_after.isdecimal() else 0.0
        return Receipt(result="temporary", detail=detail, status=status, retry_after_s=wait)
    if 300 <= status < 400:
        detail += ": redirects are not followed; give the new address in the settings"
    return Receipt(result="permanent", detail=detail, status=status)


def parse_url(text: str, where: str) -> httpx.URL:
    """An http or https address; raises `SettingsError` naming ``where``, never the address."""
    fix = "Give an address such as https://example.org/alarms"
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        raise SettingsError(where, "its url cannot be read", fix) from None
    if url.scheme not in ("http", "https") or not url.host:
        raise SettingsError(where, "its url is not an http or https address", fix)
    return url
