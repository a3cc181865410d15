"""Origin checks: only the console's own pages may write or open the stream."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from dashboards.access.tokens import bearer
from dashboards.deps import deps_of

# A page of another site cannot set this header without asking first, and it is never allowed to.
WRITE_HEADER = "x-campus-write"


class ForeignOrigin(Exception):
    """The request comes from another site's page, or does not say where it comes from."""


def origin_of(url: str) -> str:
    """Scheme and host of a URL, as browsers write it in ``Origin``; empty when the URL has none."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.netloc else ""


def is_own(origin: str, host: str, base_url: str) -> bool:
    """Whether ``origin`` is the console's own: that of ``base_url``, or without one that of the ``Host`` asked."""
    if base_url:
        return origin.lower() == origin_of(base_url)
    return urlsplit(origin).netloc.lower() == host.lower() != ""


def check_origin(connection: HTTPConnection) -> None:
    """Refuse another site's page. For writes and for the stream, before anything is done.

    Without an ``Origin`` (a script, not a browser) the header ``X-Campus-Write`` must be there.
    """
    if bearer(connection) is not None:
        return  # no browser adds a token by itself, and with a token no cookie is looked at
    origin = connection.headers.get("origin")
    if origin is None:
        if WRITE_HEADER not in connection.headers:
            raise ForeignOrigin("neither Origin nor X-Campus-Write is set")
        return
    if not is_own(origin, connection.headers.get("host", ""), deps_of(connection).dashboards.base_url):
        raise ForeignOrigin(f"origin {origin[:100]!r} is not this console's")
