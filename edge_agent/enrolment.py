"""Enrolment at the agent's side: trades a code for an account, keeps it for its owner alone, renews it in time."""

from __future__ import annotations

import hashlib
import logging
import os
import ssl
import threading
import urllib.error
import urllib.request
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from campus.clock import Clock, from_ms, to_ms
from campus.enrolment import AUTHORITY_PATH, RENEW_PATH, TRADE_PATH, Enrolled, Renewal, Trade
from campus.errors import CampusError, SettingsError, Unavailable
from campus.settings import Mqtt
from edge_agent.remote import Remote
from edge_agent.settings import EdgeSettings

log = logging.getLogger("edge.enrolment")
TIMEOUT_S = 20.0
LOOKS_EVERY_S = 600.0  # real seconds between two looks whether it is time to renew
LARGEST = 64 * 1024


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What lies in the enrolment file: the account, where it came from and when."""

    account: Enrolled
    origin: str
    made: int  # epoch milliseconds


class Link(msgspec.Struct, frozen=True):
    """An enrolment address taken apart: ``https://host:port``, the code, the authority's SHA-256 (or empty)."""

    origin: str
    code: str
    fingerprint: str


def read_link(text: str) -> Link:
    """The parts of an enrolment address; raises `SettingsError` when it is none, or would be spoken in the clear."""
    parts = urlsplit(text.strip())
    code, _, fingerprint = parts.fragment.partition(".")
    if not parts.netloc or not code:
        raise SettingsError("the address", f"{text!r} holds no enrolment code", "Copy it whole, with what follows #")
    if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "::1", "localhost"}:
        raise SettingsError(
            "the address", "is not https: the account would be sent in the clear",
            "Serve the console with HTTPS ([dashboards] cert_file, or a proxy) and set base_url",
        )  # fmt: skip
    return Link(f"{parts.scheme}://{parts.netloc}", code, fingerprint.lower())


def enrol(link: Link, path: Path, clock: Clock) -> Enrolled:
    """Trade the code of ``link`` and keep the account at ``path``. Raises `Unavailable` or `SettingsError`."""
    authority = _authority(link) if link.fingerprint else ""
    account = _post(link.origin + TRADE_PATH, Trade(code=link.code), authority)
    keep(path, Kept(account=account, origin=link.origin, made=to_ms(clock.now())))
    return account


def keep(path: Path, kept: Kept) -> None:
    """Write the account in one step (mode 600), and the authority beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.chmod(0o600)
    with fresh.open("wb") as file:
        file.write(msgspec.json.encode(kept))
        file.flush()
        os.fsync(file.fileno())
    if kept.account.authority:
        _authority_file(path).write_text(kept.account.authority, encoding="ascii")
    fresh.replace(path)


def load(path: Path) -> Kept | None:
    """The account at ``path``; None when the agent was never enrolled. Raises `SettingsError` when it is spoilt."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Kept)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SettingsError(str(path), f"cannot be read: {error}", "Enrol the agent anew: campus edge enrol") from None


def broker_of(settings: EdgeSettings) -> Mqtt:
    """The broker and account to use: the enrolled one, or ``[mqtt]`` of an agent that was never enrolled."""
    path = settings.agent.enrolment
    kept = load(path)
    if kept is None:
        return settings.mqtt
    account = kept.account
    mine = (settings.school.id, settings.agent.id)
    if (account.school, account.device) != mine:
        raise SettingsError(
            str(path), f"is the account of {account.device!r} of {account.school!r}, and this agent is {mine[1]!r}",
            "Set [agent] id and [school] id to those it was enrolled as",
        )  # fmt: skip
    return msgspec.structs.replace(
        settings.mqtt, host=account.host, port=account.port, tls=account.tls, username=account.username,
        password=account.password, ca_file=_authority_file(path) if account.authority else None,
    )  # fmt: skip


class Renewals:
    """Renews the account when its time has come, and has the parts connect with the new one."""

    def __init__(self, path: Path, remote: Remote, clock: Clock) -> None:
        self._path = path
        self._remote = remote
        self._clock = clock

    def run(self, stop: threading.Event) -> None:
        """Look now and then until ``stop``; what fails is tried again at the next look."""
        while not stop.is_set():
            try:
                if self.step():
                    self._remote.wants_restart = True
                    stop.set()
            except CampusError as error:
                log.warning("the account is not renewed yet: %s", error)
            stop.wait(LOOKS_EVERY_S)

    def step(self) -> bool:
        """Renew when it is time; whether there is a new account."""
        kept = load(self._path)
        if kept is None or not due(kept, self._clock.now()):
            return False
        account = kept.account
        said = Renewal(username=account.username, password=account.password)
        fresh = _post(kept.origin + RENEW_PATH, said, account.authority)
        keep(self._path, Kept(account=fresh, origin=kept.origin, made=to_ms(self._clock.now())))
        log.info("the broker account is renewed", extra={"device": fresh.device})
        return True


def due(kept: Kept, now: datetime) -> bool:
    """Whether the account is old enough to be renewed."""
    return now >= from_ms(kept.made) + timedelta(days=kept.account.renew_days)


def _authority_file(path: Path) -> Path:
    return path.with_name(path.stem + "-authority.pem")


def _authority(link: Link) -> str:
    """The platform's authority, fetched from nobody knows whom, and known by its fingerprint."""
    unchecked = ssl.create_default_context()
    unchecked.check_hostname = False
    unchecked.verify_mode = ssl.CERT_NONE
    pem = _ask(urllib.request.Request(link.origin + AUTHORITY_PATH), unchecked).decode("ascii", "replace")  # noqa: S310
    try:
        found = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
    except ValueError:
        found = ""
    if found != link.fingerprint:
        raise SettingsError(
            link.origin, "shows another certificate authority than the code was made with: somebody may sit between",
            "Do not enrol over this network; compare with the facility manager",
        )  # fmt: skip
    return pem


def _post(url: str, said: Trade | Renewal, authority: str) -> Enrolled:
    context = ssl.create_default_context(cadata=authority or None)
    request = urllib.request.Request(  # noqa: S310 - https, or this machine: see `read_link`
        url, msgspec.json.encode(said), {"Content-Type": "application/json", "X-Campus-Write": "1"}, method="POST"
    )
    try:
        return msgspec.json.decode(_ask(request, context), type=Enrolled)
    except msgspec.DecodeError as error:
        raise Unavailable(url, f"the answer is no account: {error}") from None


def _ask(request: urllib.request.Request, context: ssl.SSLContext) -> bytes:
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S, context=context) as answer:  # noqa: S310
            body: bytes = answer.read(LARGEST)
            return body
    except urllib.error.HTTPError as error:
        raise Unavailable(request.full_url, _refusal(error)) from None
    except (urllib.error.URLError, OSError) as error:
        raise Unavailable(request.full_url, str(getattr(error, "reason", error))) from None


class _Problem(msgspec.Struct):
    detail: str


def _refusal(error: urllib.error.HTTPError) -> str:
    try:
        return msgspec.json.decode(error.read(LARGEST), type=_Problem).detail
    except msgspec.DecodeError:
        return f"HTTP {error.code}"
