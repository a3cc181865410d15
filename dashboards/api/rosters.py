"""The roster imports, for the administrator."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends
from msgspec import Meta
from starlette.requests import Request

from campus import db
from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.api import paging
from dashboards.api.answers import Json, described
from dashboards.deps import deps_of
from dashboards.views import rosters as views
from dashboards.views.rosters import RosterImports

router = APIRouter(prefix="/roster", tags=["platform"])
Admin = Annotated[Account, Depends(allow("platform.read"))]


class _Place(msgspec.Struct, frozen=True):
    """Where a page of the imports ends: the last one on it."""

    began_at: Annotated[datetime, Meta(tz=True)]
    id: str


@router.get("/imports", **described(RosterImports))
def imports(request: Request, account: Admin, cursor: paging.Cursor = "", limit: paging.Limit = 50) -> Json:
    """Every import of a roster: when, what changed by kind and field, why it was refused, which rows were left out.

    The last one first; the ``Link`` header pages on.
    """
    start = paging.read(cursor, _Place) if cursor else None
    with db.read(deps_of(request).engine) as conn:
        before = (start.began_at, start.id) if start else None
        found = views.roster_imports(conn, account.school, limit + 1, before)
    rows = found.imports[:limit]
    place = _Place(rows[-1].began_at, rows[-1].id) if len(found.imports) > limit else None
    return Json(msgspec.structs.replace(found, imports=rows), headers=paging.link(request, place))
