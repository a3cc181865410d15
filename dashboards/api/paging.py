"""Long lists by pages: an opaque cursor names the last row of a page, so that rows that come in shift nothing."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

import msgspec
from fastapi import Query
from starlette.requests import Request

from dashboards.api.answers import InvalidBody

T = TypeVar("T")
Cursor = Annotated[str, Query(max_length=400)]
Limit = Annotated[int, Query(ge=1, le=200)]


class _Row(msgspec.Struct, frozen=True):
    """Where a page of a list without an order in time ends: its last row, and how many came until then."""

    key: str
    count: int


def written(place: msgspec.Struct) -> str:
    """The cursor of a place in a list."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def read(cursor: str, kind: type[T]) -> T:
    """The place that a cursor names; raises `InvalidBody` for what no answer ever gave."""
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=kind)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise InvalidBody("the cursor is none that a `Link` header gave; begin again without it") from None


def link(request: Request, place: msgspec.Struct | None) -> dict[str, str]:
    """The ``Link`` header (RFC 8288) to the page after ``place``; nothing when this page is the last."""
    if place is None:
        return {}
    url = request.url.include_query_params(cursor=written(place))
    return {"Link": f'<{url.path}?{url.query}>; rel="next"'}


def of_whole(
    request: Request, rows: Sequence[T], key: Callable[[T], object], cursor: str, limit: int
) -> tuple[Sequence[T], dict[str, str]]:
    """The page of ``rows`` after a cursor, and its ``Link``, of a list that no query can begin in its middle.

    The page begins behind the row the last one ended with, wherever that is by now; when it is gone, where it was.
    """
    start = _begin([str(key(row)) for row in rows], read(cursor, _Row)) if cursor else 0
    end = start + limit
    place = _Row(str(key(rows[end - 1])), end) if end < len(rows) else None
    return rows[start:end], link(request, place)


def _begin(keys: list[str], last: _Row) -> int:
    return keys.index(last.key) + 1 if last.key in keys else max(0, last.count)
