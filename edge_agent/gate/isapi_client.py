"""Asks a Hikvision terminal over HTTP: its alert stream and searches of its event log. The one home of httpx here."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import httpx
import msgspec

from campus.errors import PayloadError, SettingsError, Unavailable
from edge_agent.gate.isapi import EVENTS, MAX_PAGE

STREAM = "/ISAPI/Event/notification/alertStream"
SEARCH = "/ISAPI/AccessControl/AcsEvent?format=json"
CONNECT_S = 5.0
SILENT_S = 35.0  # terminals send a heartbeat every ten seconds
PAGE = 30  # the most that terminals give at once
# Every moment there is: what a clock that jumped wrote down is found, too.
_EVER = {"startTime": "1970-01-01T00:00:00+00:00", "endTime": "2037-12-31T23:59:59+00:00"}


class LoginRefused(Unavailable):
    """The terminal refuses the login; terminals lock an account after a few of these."""


class NotOffered(Unavailable):
    """The terminal has no such function."""


class IsapiClient:
    """One terminal, with one login; every failure is an `Unavailable` or a `PayloadError`."""

    def __init__(self, address: str, login: tuple[str, str], ca_file: Path | None) -> None:
        self._where = f"the terminal {address}"
        self._socket: socket.socket | None = None
        try:
            # Without this the environment's proxies would be asked for a machine in the next room.
            self._http = httpx.Client(
                base_url=address,
                auth=httpx.DigestAuth(*login),
                timeout=httpx.Timeout(SILENT_S, connect=CONNECT_S),
                verify=ssl.create_default_context(cafile=ca_file) if ca_file else True,
                trust_env=False,
            )
        except (OSError, httpx.InvalidURL) as error:
            raise SettingsError(address, f"cannot be used: {error}", "Mend address or ca_file") from None

    def interrupt(self) -> None:
        """End the alert stream from another thread: whoever reads it gets `Unavailable` at once."""
        if self._socket is not None:
            with suppress(OSError):  # it is closed already
                self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give up all connections."""
        self._http.close()

    @contextmanager
    def alerts(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """The alert stream: its content type and its bytes, until it is lost."""
        with self._tells(), self._http.stream("GET", STREAM) as response:
            self._check(response)
            self._socket = response.extensions["network_stream"].get_extra_info("socket")
            yield response.headers.get("content-type", ""), self._chunks(response)

    def search(self, position: int, search_id: str, first_serial: int | None, since: datetime | None) -> bytes:
        """A page of the log from ``position`` on: entries from ``first_serial`` or ``since`` on."""
        condition: dict[str, object] = {
            "searchID": search_id,
            "searchResultPosition": position,
            "maxResults": PAGE,
            "major": EVENTS,
            "minor": 0,
            **_EVER,
        }
        if first_serial is not None:
            condition["beginSerialNo"] = first_serial
        if since is not None:
            condition["startTime"] = since.isoformat(timespec="seconds")
        body = msgspec.json.encode({"AcsEventCond": condition})
        with self._tells(), self._http.stream("POST", SEARCH, content=body) as response:
            self._check(response)
            return self._bounded(response)

    def _bounded(self, response: httpx.Response) -> bytes:
        page = bytearray()
        for chunk in response.iter_bytes():
            page += chunk
            if len(page) > MAX_PAGE:
                raise PayloadError("too_long", f"{self._where} answers with more than {MAX_PAGE} bytes")
        return bytes(page)

    def _chunks(self, response: httpx.Response) -> Iterator[bytes]:
        with self._tells():
            yield from response.iter_bytes()

    def _check(self, response: httpx.Response) -> None:
        status = response.status_code
        if status in (401, 403):
            raise LoginRefused(self._where, "it refuses the user or the password")
        if status in (400, 404, 405, 501):
            raise NotOffered(self._where, f"it answers {status} to {response.request.url.path}")
        if status != httpx.codes.OK:
            raise Unavailable(self._where, f"it answers {status}")

    @contextmanager
    def _tells(self) -> Iterator[None]:
        try:
            yield
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            raise Unavailable(self._where, str(error) or type(error).__name__) from None
