"""Long lists by pages: an opaque cursor names the last row of a page, so that rows that come in shift nothing."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, TypeVar

import msgspec
from fastapi import Query
from starlette.requests import Request

from dashboards.api.answers import InvalidBody

T = TypeVar("T")
Cursor = Annotated[str, Query(max_length=400)]
Limit = Annotated[int, Query(ge=1, le=200)]


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
