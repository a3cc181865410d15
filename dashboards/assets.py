"""Static files under the hash of their content: cached for ever, new when anything in them changed."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STATIC = Path(__file__).parent / "static"
TEMPLATES = Path(__file__).parent / "templates"


@cache
def static_hash() -> str:
    """The hash of all static files together: scripts import each other by relative paths, so they age as one."""
    digest = hashlib.sha256()
    for path in sorted(path for path in STATIC.rglob("*") if path.is_file()):
        digest.update(path.relative_to(STATIC).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def static_root() -> str:
    """The URL path below which the static files are found."""
    return f"/static/{static_hash()}"


class Immutable:
    """ASGI middleware: what is found here never changes under this address."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the caching header to every answer that was found."""

        async def send_cached(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                MutableHeaders(scope=message)["Cache-Control"] = "public, max-age=31536000, immutable"
            await send(message)

        await self.app(scope, receive, send_cached)


def static_app() -> ASGIApp:
    """The app to mount at `static_root`."""
    return Immutable(StaticFiles(directory=STATIC))
