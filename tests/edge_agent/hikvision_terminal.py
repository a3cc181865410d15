"""A Hikvision terminal played over real sockets: digest login, alert stream with its faults, searches of its log."""

import hashlib
import json
import queue
import re
import threading
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USER, PASSWORD, REALM, NONCE = "campus", "geheim:42", "DS-K1T671", "a1b2c3"
PASSED, DOOR = 75, 21


def entry(serial: int, at: datetime, person: str = "", minor: int = PASSED, **more: Any) -> dict[str, Any]:
    """An entry of the log, as the terminal's search gives it."""
    who = {"employeeNoString": person, "name": "SECRET NAME"} if person else {}
    return {"major": 5, "minor": minor, "time": at.isoformat(), "serialNo": serial, **who, **more}


def alert(one: dict[str, Any]) -> bytes:
    """The same entry as the alert stream tells it."""
    body = {name: value for name, value in one.items() if name not in ("major", "minor", "time")}
    body |= {"majorEventType": one["major"], "subEventType": one["minor"]}
    text = {"eventType": "AccessControllerEvent", "dateTime": one["time"], "AccessControllerEvent": body}
    return json.dumps(text, indent=1).encode()


HEARTBEAT = (
    b'<EventNotificationAlert version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema">\n'
    b"<eventType>videoloss</eventType><eventState>inactive</eventState>\n</EventNotificationAlert>"
)


class Terminal:
    """What it knows (``log``), and what it does wrong; `tell` sends a part to whoever listens."""

    def __init__(self) -> None:
        self.log: list[dict[str, Any]] = []
        self.password = PASSWORD
        self.has_log = True
        self.wrong_length: int | None = None
        self.logins = 0
        self.searches: list[dict[str, Any]] = []
        self._listeners: list[queue.Queue[bytes | None]] = []
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), self)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.drop()
        self._server.shutdown()
        self._server.server_close()

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    def passes(self, one: dict[str, Any]) -> None:
        """Somebody passes: it is logged and told."""
        self.log.append(one)
        self.tell(alert(one))

    def tell(self, text: bytes, kind: str = "application/json") -> None:
        length = len(text) if self.wrong_length is None else self.wrong_length
        head = f'--MIME_boundary\r\nContent-Type: {kind}; charset="UTF-8"\r\nContent-Length: {length}\r\n\r\n'
        self.raw(head.encode() + text + b"\r\n")

    def raw(self, data: bytes) -> None:
        with self._lock:
            for listener in self._listeners:
                listener.put(data)

    def drop(self) -> None:
        """End every alert stream, in the middle of whatever was said."""
        with self._lock:
            for listener in self._listeners:
                listener.put(None)
            self._listeners.clear()

    def listen(self) -> "queue.Queue[bytes | None]":
        waiting: queue.Queue[bytes | None] = queue.Queue()
        with self._lock:
            self._listeners.append(waiting)
        return waiting

    def search(self, condition: dict[str, Any]) -> dict[str, Any]:
        self.searches.append(condition)
        first, since = condition.get("beginSerialNo", 0), datetime.fromisoformat(condition["startTime"])
        found = [one for one in self.log if one["serialNo"] >= first and datetime.fromisoformat(one["time"]) >= since]
        start = condition["searchResultPosition"]
        page = found[start : start + condition["maxResults"]]
        more = start + len(page) < len(found)
        status = "MORE" if more else "OK" if page else "NO MATCH"
        answer = {"searchID": condition["searchID"], "totalMatches": len(found), "responseStatusStrg": status}
        return {"AcsEvent": answer | {"numOfMatches": len(page)} | ({"InfoList": page} if page else {})}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], terminal: Terminal) -> None:
        self.terminal = terminal
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if not self._admitted():
            return
        self.send_response(200)
        self.send_header("Content-Type", "multipart/mixed; boundary=MIME_boundary")
        self.send_header("Connection", "close")
        self.end_headers()
        waiting = self.server.terminal.listen()
        while (data := waiting.get()) is not None:
            try:
                self.wfile.write(data)
            except OSError:
                break
        self.close_connection = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self._admitted():
            return
        if not self.server.terminal.has_log:
            self._answer(404, b"{}")
            return
        found = self.server.terminal.search(json.loads(body)["AcsEventCond"])
        self._answer(200, json.dumps(found).encode())

    def _admitted(self) -> bool:
        said = self.headers.get("Authorization", "")
        if said and self._right(dict(re.findall(r'(\w+)="?([^",]+)"?', said))):
            return True
        self.server.terminal.logins += bool(said)
        self._answer(401, b"", ("WWW-Authenticate", f'Digest realm="{REALM}", qop="auth", nonce="{NONCE}"'))
        return False

    def _right(self, said: dict[str, str]) -> bool:
        def md5(text: str) -> str:
            return hashlib.md5(text.encode()).hexdigest()

        secret = md5(f"{USER}:{REALM}:{self.server.terminal.password}")
        asked = md5(f"{self.command}:{self.path}")
        proof = md5(f"{secret}:{said['nonce']}:{said['nc']}:{said['cnonce']}:{said['qop']}:{asked}")
        return said["response"] == proof and said["username"] == USER

    def _answer(self, status: int, body: bytes, header: tuple[str, str] | None = None) -> None:
        self.send_response(status)
        if header:
            self.send_header(*header)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass
