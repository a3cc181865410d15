"""A webhook receiver on a real socket: answers as told and remembers what it got."""

from __future__ import annotations

import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec


class Delivery(msgspec.Struct, frozen=True):
    """One request as it arrived; header names in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        decoded: dict[str, Any] = msgspec.json.decode(self.body)
        return decoded


class Receiver:
    """Answers each request with the next of ``answers`` and with 200 when there are no more.

    An answer is a status, or a status with headers, or "hang": wait until `release`.
    """

    def __init__(self) -> None:
        self.answers: queue.Queue[int | tuple[int, dict[str, str]] | str] = queue.Queue()
        self.arrived: queue.Queue[Delivery] = queue.Queue()
        self.release = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver._answer(self)

            def log_message(self, *_args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = False
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/alarms"

    def all(self) -> list[Delivery]:
        """What arrived since the last call."""
        found = []
        while not self.arrived.empty():
            found.append(self.arrived.get_nowait())
        return found

    def close(self) -> None:
        self.release.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["content-length"]))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.arrived.put(Delivery(handler.path, headers, body))
        answer = self.answers.get_nowait() if not self.answers.empty() else 200
        if answer == "hang":
            self.release.wait(20)
            handler.close_connection = True
            return
        status, extra = answer if isinstance(answer, tuple) else (answer, {})
        handler.send_response(int(status))
        for name, value in {**extra, "content-length": "0"}.items():
            handler.send_header(name, value)
        handler.end_headers()
