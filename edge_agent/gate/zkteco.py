"""The server that ZKTeco terminals push to (ADMS): handshake, attendance log, heartbeat, command replies."""

from __future__ import annotations

import logging
import queue
import sys
import threading
from collections import deque
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address, ip_network
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from campus.clock import Clock
from campus.errors import SettingsError
from edge_agent.gate.attlog import read_attlog
from edge_agent.gate.settings import Gate
from edge_agent.gate.source import Pass

log = logging.getLogger("edge.gate")
MAX_BYTES = 1 << 20  # a terminal uploads some hundred lines at once
SOCKET_S = 10.0  # a connection that says nothing for so long is closed
TOLD_S = 20.0  # how long an upload may wait until its passes are in the spool
TICK_S = 0.2
SILENT_S = 120.0


class _Upload:
    """Passes of one upload; ``told`` is set when the agent has taken care of all of them."""

    def __init__(self, passes: tuple[Pass, ...]) -> None:
        self.waiting = deque(passes)
        self.told = threading.Event()


class ZktecoTerminals:
    """The terminals of one gate as a `PassSource`: they push, and repeat what was not acknowledged.

    An upload is acknowledged when `next` is called after its last pass: the agent has written it to the spool then.
    The protocol knows no password, so only the serial numbers in ``gate.terminals`` from ``gate.networks`` are heard.
    """

    def __init__(self, gate: Gate, zone: ZoneInfo, clock: Clock) -> None:
        self._gate = gate
        self._zone = zone
        self._clock = clock
        self._networks = [ip_network(one) for one in gate.networks]
        self._uploads: queue.Queue[_Upload] = queue.Queue(maxsize=64)
        self._current: _Upload | None = None
        self._bad = 0
        self._refused = 0
        self._heard = clock.now()
        try:
            self._server = _Server((gate.listen, gate.port), self)
        except OSError as error:
            where = f"gate {gate.id}: {gate.listen}:{gate.port}"
            raise SettingsError(where, f"cannot listen: {error.strerror}", "Choose another port") from None
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, name=f"gate[{gate.id}].adms", daemon=True).start()

    def next(self, stop: threading.Event) -> Pass | None:
        """The next pass; the one before it counts as told."""
        while not stop.is_set():
            if self._current is not None and self._current.waiting:
                return self._current.waiting.popleft()
            if self._current is not None:
                self._current.told.set()
            try:
                self._current = self._uploads.get(timeout=TICK_S)
            except queue.Empty:
                self._current = None
        self.close()
        return None

    def close(self) -> None:
        """Stop listening; what is not acknowledged comes again."""
        self._server.shutdown()
        self._server.server_close()

    def health(self) -> dict[str, float]:
        """Seconds since any terminal was heard, lines nobody understands, and requests of strangers."""
        silent = (self._clock.now() - self._heard).total_seconds()
        return {"terminal_silent_s": round(max(0.0, silent), 1), "bad_lines": self._bad, "refused": self._refused}

    def reachable(self) -> bool:
        """Whether any terminal was heard lately; they ask for commands every ten seconds."""
        return (self._clock.now() - self._heard).total_seconds() < SILENT_S

    def admits(self, serial: str, address: str) -> bool:
        """Whether a terminal is one of ours; notes when it was heard, or that it was refused."""
        near = any(ip_address(address) in network for network in self._networks)
        if not near or serial not in self._gate.terminals:
            self._refused += 1
            log.warning("a terminal was refused", extra={"gate": self._gate.id, "serial": serial[:32]})
            return False
        self._heard = self._clock.now()
        return True

    def options(self, serial: str) -> str:
        """The answer to a terminal's greeting: what it is to send and how often."""
        offset = self._clock.now().astimezone(self._zone).utcoffset()
        hours = 0 if offset is None else round(offset.total_seconds() / 3600)
        return (
            f"GET OPTION FROM: {serial}\nATTLOGStamp=None\nOPERLOGStamp=9999\nATTPHOTOStamp=None\nErrorDelay=30\n"
            f"Delay=10\nTransTimes=00:00;14:05\nTransInterval=1\nTransFlag=TransData AttLog\nTimeZone={hours}\n"
            "Realtime=1\nEncrypt=None\n"
        )

    def take(self, text: str) -> int | None:
        """Hand over the passes of an upload; the number of its lines once they are safe, None: it must come again."""
        read = read_attlog(text, self._zone)
        if read.bad:
            self._bad += read.bad
            log.warning("lines of a terminal cannot be understood", extra={"gate": self._gate.id, "count": read.bad})
        if read.passes:
            upload = _Upload(read.passes)
            try:
                self._uploads.put(upload, timeout=TOLD_S)
            except queue.Full:
                return None
            if not upload.told.wait(TOLD_S):
                return None
        return len(read.passes) + read.bad


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], terminals: ZktecoTerminals) -> None:
        self.terminals = terminals
        super().__init__(address, _Handler)

    def handle_error(self, _request: object, client_address: object) -> None:
        """A connection that broke off or spoke nonsense; the terminal tries again."""
        log.info("a connection from %s failed: %s", client_address, sys.exception())


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = SOCKET_S
    server_version, sys_version = "campus", ""

    def do_GET(self) -> None:
        path, query = self._asked()
        serial = query.get("SN", "")
        if not self.server.terminals.admits(serial, self.client_address[0]):
            self._answer(HTTPStatus.FORBIDDEN, "unknown terminal")
        elif path == "/iclock/cdata":
            self._answer(HTTPStatus.OK, self.server.terminals.options(serial))
        elif path in ("/iclock/getrequest", "/iclock/ping"):
            self._answer(HTTPStatus.OK, "OK")  # there is no command for it
        else:
            self._answer(HTTPStatus.NOT_FOUND, "not found")

    def do_POST(self) -> None:
        path, query = self._asked()
        length = self.headers.get("Content-Length", "")
        if not self.server.terminals.admits(query.get("SN", ""), self.client_address[0]):
            self._answer(HTTPStatus.FORBIDDEN, "unknown terminal")
        elif not length.isdecimal() or int(length) > MAX_BYTES:
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too long")
        else:
            self._take(path, query, self.rfile.read(int(length)).decode("utf-8", "replace"))

    def _take(self, path: str, query: dict[str, str], text: str) -> None:
        if path != "/iclock/cdata" or query.get("table", "").upper() != "ATTLOG":
            self._answer(HTTPStatus.OK, "OK")  # operator logs, photos, replies: taken, and not wanted
            return
        lines = self.server.terminals.take(text)
        if lines is None:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, "again")
        else:
            self._answer(HTTPStatus.OK, f"OK: {lines}")

    def _asked(self) -> tuple[str, dict[str, str]]:
        try:
            parts = urlsplit(self.path)
        except ValueError:  # an address like http://[::1
            return "", {}
        return parts.path.rstrip("/").removesuffix(".aspx"), {k: v[0] for k, v in parse_qs(parts.query).items()}

    def _answer(self, status: HTTPStatus, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.close_connection = True  # what was not read of a refused body must not pass for a request
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Silent: paths carry serial numbers, and a terminal asks every ten seconds."""
