"""Serves the drawing page on this machine: a one-time address, a strict content policy, nothing from elsewhere."""

from __future__ import annotations

import hmac
import importlib.resources
import logging
import secrets
import threading
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec

from campus.errors import CampusError, Conflict
from edge_agent.draw.document import Drawing, read, save
from edge_agent.draw.live import LivePicture

log = logging.getLogger("edge.draw")
MAX_BYTES = 256 * 1024
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
FILES = {
    "/": ("page.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/shapes.js": ("shapes.js", "text/javascript; charset=utf-8"),
    "/texts.js": ("texts.js", "text/javascript; charset=utf-8"),
}
_COOKIE = "campus-draw"


class _State(msgspec.Struct, frozen=True):
    """What the page is told: the camera, what is drawn, and every problem in words."""

    camera: str
    drawing: Drawing


class _Problem(msgspec.Struct, frozen=True):
    detail: str


class Keys:
    """A code that opens the page once, and the key that the browser gets for it."""

    def __init__(self) -> None:
        self.code = secrets.token_urlsafe(24)
        self._key = secrets.token_urlsafe(32)
        self._lock = threading.Lock()
        self._used = False

    def trade(self, code: str) -> str | None:
        """The key for the code, once."""
        with self._lock:
            if self._used or not hmac.compare_digest(code.encode(), self.code.encode()):
                return None
            self._used = True
            return self._key

    def fits(self, cookies: str) -> bool:
        """Whether a request brings the key."""
        try:
            morsel = SimpleCookie(cookies).get(_COOKIE)
        except CookieError:
            return False
        return morsel is not None and hmac.compare_digest(morsel.value.encode(), self._key.encode())


class DrawServer:
    """The page for ``camera`` of the settings file ``path``, on ``listen``:``port`` (0: any free one)."""

    def __init__(self, path: Path, camera: str, live: LivePicture, listen: str, port: int) -> None:
        self._path = path
        self._camera = camera
        self._live = live
        self._keys = Keys()
        self._http = ThreadingHTTPServer((listen, port), type("_Bound", (_Handler,), {"draw": self}))
        self._listen = listen

    @property
    def address(self) -> str:
        """Where the page is, with the code that opens it once."""
        host = "127.0.0.1" if self._listen in ("127.0.0.1", "localhost") else self._listen
        return f"http://{host}:{self._http.server_address[1]}/?code={self._keys.code}"

    def serve(self) -> None:
        """Serve until `stop`."""
        self._http.serve_forever(poll_interval=0.2)

    def stop(self) -> None:
        """End `serve`; call it from another thread."""
        self._http.shutdown()

    def close(self) -> None:
        """Let go of port and camera."""
        self._http.server_close()
        self._live.close()

    # -- what requests ask for --------------------------------------------------------------------------------------

    def open_with(self, code: str) -> str | None:
        """The key for a code, once."""
        return self._keys.trade(code)

    def knows(self, cookies: str) -> bool:
        """Whether a request comes from the browser that opened the page."""
        return self._keys.fits(cookies)

    def state(self) -> bytes:
        """What is drawn now."""
        return msgspec.json.encode(_State(self._camera, read(self._path, self._camera)))

    def picture(self) -> bytes | None:
        """The newest picture."""
        return self._live.jpeg()

    def save(self, body: bytes) -> tuple[HTTPStatus, bytes]:
        """Save what was drawn; the answer says what is wrong with it otherwise."""
        try:
            drawing = msgspec.json.decode(body, type=Drawing)
            saved = save(self._path, self._camera, drawing)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return HTTPStatus.UNPROCESSABLE_ENTITY, _problem(str(error))
        except Conflict as error:
            return HTTPStatus.CONFLICT, _problem(str(error))
        except CampusError as error:
            return HTTPStatus.UNPROCESSABLE_ENTITY, _problem(str(error))
        except OSError as error:
            return HTTPStatus.INTERNAL_SERVER_ERROR, _problem(f"{self._path}: {error.strerror or error}")
        log.info("saved what is drawn", extra={"camera": self._camera})
        return HTTPStatus.OK, msgspec.json.encode(_State(self._camera, saved))


def _problem(text: str) -> bytes:
    return msgspec.json.encode(_Problem(text))


class _Handler(BaseHTTPRequestHandler):
    """Answers the requests of one `DrawServer`; addresses hold the code, so none is logged."""

    draw: DrawServer
    timeout = 15  # seconds for a request to arrive
    server_version = "campus"
    sys_version = ""

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        codes = parse_qs(address.query).get("code")
        if address.path == "/" and codes:
            self._enter(codes[0])
        elif not self._known():
            self._say(HTTPStatus.FORBIDDEN, "text/plain; charset=utf-8", CLOSED)
        elif address.path in FILES:
            name, kind = FILES[address.path]
            self._say(HTTPStatus.OK, kind, importlib.resources.files("edge_agent.draw").joinpath(name).read_bytes())
        else:
            self._data(address.path)

    def do_POST(self) -> None:
        own = f"http://{self.headers.get('Host', '')}"
        if not self._known() or self.headers.get("Origin") != own or self.path != "/drawing":
            self._say(HTTPStatus.FORBIDDEN, "text/plain; charset=utf-8", CLOSED)
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MAX_BYTES:
            self._say(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "application/json", _problem("too much is drawn"))
            return
        status, answer = self.draw.save(self.rfile.read(int(length)))
        self._say(status, "application/json", answer)

    def _data(self, path: str) -> None:
        if path == "/drawing":
            try:
                self._say(HTTPStatus.OK, "application/json", self.draw.state())
            except (CampusError, OSError) as error:
                self._say(HTTPStatus.INTERNAL_SERVER_ERROR, "application/json", _problem(str(error)))
        elif path == "/picture.jpg":
            picture = self.draw.picture()
            status = HTTPStatus.OK if picture else HTTPStatus.SERVICE_UNAVAILABLE
            self._say(status, "image/jpeg", picture or b"")
        else:
            self._say(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", b"")

    def _enter(self, code: str) -> None:
        key = self.draw.open_with(code)
        if key is None:
            self._say(HTTPStatus.FORBIDDEN, "text/plain; charset=utf-8", CLOSED)
            return
        cookie = f"{_COOKIE}={key}; HttpOnly; SameSite=Strict; Path=/"
        self._say(HTTPStatus.SEE_OTHER, "text/plain", b"", {"Location": "/", "Set-Cookie": cookie})

    def _known(self) -> bool:
        return self.draw.knows(self.headers.get("Cookie", ""))

    def _say(self, status: HTTPStatus, kind: str, body: bytes, more: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**HEADERS, "Content-Type": kind, **(more or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        pass


CLOSED = (
    "此地址只能打开一次：请重新运行 campus edge draw。\n"
    "This address opens the page once, in one browser: run campus edge draw again.\n"
).encode()
