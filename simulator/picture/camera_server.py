"""The rendered camera on the network: an MJPEG stream over HTTP, as cheap cameras offer it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from datetime import date
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from campus.clock import Clock, ScaledClock
from simulator.day.cameras import STREAM
from simulator.picture.render import Painter, jpeg
from simulator.picture.scene import Scene
from simulator.school.values import SimulatedSchool

log = logging.getLogger("simulator.camera")
FPS = 10.0
_BOUNDARY = "picture"


class RenderedCamera:
    """What the camera sees by the school's clock, as JPEG pictures."""

    def __init__(self, school: SimulatedSchool, clock: Clock) -> None:
        self._school = school
        self._clock = clock
        self._speed = clock.speed if isinstance(clock, ScaledClock) else 1.0
        self._painter = Painter(school.seed)
        self._scene: tuple[date, Scene] | None = None
        self._number = 0

    def picture(self) -> bytes:
        """The picture of this moment."""
        now = self._clock.now()
        local = now.astimezone(self._school.zone)
        if self._scene is None or self._scene[0] != local.date():
            self._scene = local.date(), Scene(self._school, local.date(), self._speed)
        self._number += 1
        return jpeg(self._painter.paint(self._scene[1].figures(now), local, self._number))

    def pictures(self, stop: threading.Event) -> Iterator[bytes]:
        """`FPS` pictures a second of the wall's time until ``stop`` is set."""
        due = time.monotonic()
        while not stop.wait(max(0.0, due - time.monotonic())):
            yield self.picture()
            # Who is slow skips pictures instead of falling behind.
            due = max(due + 1 / FPS, time.monotonic())


class CameraServer:
    """Serves `STREAM` on 127.0.0.1:``port`` (0: any free one); each viewer gets pictures of its own."""

    def __init__(self, school: SimulatedSchool, clock: Clock, port: int) -> None:
        self._stop = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path != STREAM:
                    self.send_error(HTTPStatus.NOT_FOUND, f"the camera is at {STREAM}")
                    return
                server._stream(self, RenderedCamera(school, clock))

            def log_message(self, *_args: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._http.daemon_threads = False
        self._http.block_on_close = True

    @property
    def url(self) -> str:
        """Where the stream is."""
        return f"http://127.0.0.1:{self._http.server_address[1]}{STREAM}"

    def run(self, stop: threading.Event) -> None:
        """Serve until ``stop`` is set."""
        thread = threading.Thread(target=self._http.serve_forever, args=(0.1,), name="simulate.camera")
        thread.start()
        log.info("the rendered camera is at %s", self.url)
        try:
            stop.wait()
        finally:
            self._stop.set()
            self._http.shutdown()
            thread.join()
            self._http.server_close()

    def _stream(self, handler: BaseHTTPRequestHandler, camera: RenderedCamera) -> None:
        handler.send_response(HTTPStatus.OK)
        handler.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={_BOUNDARY}")
        handler.send_header("Cache-Control", "no-store")
        handler.end_headers()
        try:
            for picture in camera.pictures(self._stop):
                head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
                handler.wfile.write(head.encode() + picture + b"\r\n")
        except (BrokenPipeError, ConnectionResetError):
            handler.close_connection = True  # the viewer went away
