"""Static files under the hash of their content: cached for ever, new when anything in them changed."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import stat
from functools import cache
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STATIC = Path(__file__).parent / "static"
_TEXT = frozenset({"text/javascript", "application/javascript", "text/css", "image/svg+xml"})
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


def has_charts() -> bool:
    """Whether the charts library was fetched at set-up (scripts/vendor); without it pages show tables."""
    return (STATIC / "vendor" / "echarts.js").is_file()


@cache  # the files are under the hash of their content: they do not change while we run
def _gzipped(path: str) -> bytes:
    return gzip.compress(Path(path).read_bytes(), 9, mtime=0)


class Precompressed(StaticFiles):
    """Static files, texts compressed for whoever takes that; a ``.gz`` beside a file is sent as it is."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or its compressed twin."""
        takes_gzip = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        full, found = self.lookup_path(f"{path}.gz") if takes_gzip else ("", None)
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        headers = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        if found is not None and stat.S_ISREG(found.st_mode):
            return FileResponse(full, media_type=kind, headers=headers, stat_result=found)
        own, there = self.lookup_path(path) if takes_gzip and kind in _TEXT else ("", None)
        if there is not None and stat.S_ISREG(there.st_mode):
            return Response(_gzipped(own), media_type=kind, headers=headers)
        return await super().get_response(path, scope)


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
    return Immutable(Precompressed(directory=STATIC))
