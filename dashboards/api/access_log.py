"""The access log, readable by the school: who looked at which student, by pages and as a file."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from campus import db
from campus.errors import NotFound
from dashboards.access import audit
from dashboards.access.accounts import Account
from dashboards.access.audit import AccessEntry, Wanted
from dashboards.access.people import allow
from dashboards.api import paging
from dashboards.api.answers import Json, described
from dashboards.deps import deps_of
from dashboards.views.spreadsheet import spreadsheet

router = APIRouter(prefix="/access-log", tags=["platform"])
Reader = Annotated[Account, Depends(allow("platform.read"))]
Word = Annotated[str, Query(max_length=64)]
MOST_EXPORTED = 100_000
COLUMNS = ("at", "login", "role", "action", "subject")


class _Place(msgspec.Struct, frozen=True):
    """Where a page of the log ends."""

    id: int


def wanted(
    login: Word = "", action: Word = "", subject: Word = "", since: datetime | None = None,
    until: datetime | None = None,
) -> Wanted:  # fmt: skip
    """Which entries are asked for; ``subject`` is one id (of a student, a class, an alarm) and times carry a zone."""
    if any(at is not None and at.tzinfo is None for at in (since, until)):
        raise NotFound("`since` and `until` need a time zone, as in 2026-09-07T00:00:00Z")
    return Wanted(login=login, action=action, subject=subject, since=since, until=until)


@router.get("", **described(list[AccessEntry]))
def access_log(
    request: Request, account: Reader, asked: Annotated[Wanted, Depends(wanted)], cursor: paging.Cursor = "",
    limit: paging.Limit = 50,
) -> Json:  # fmt: skip
    """Who looked at whom, newest first; the ``Link`` header pages on."""
    before = paging.read(cursor, _Place).id if cursor else None
    with db.read(deps_of(request).engine) as conn:
        rows = audit.entries(conn, account.school, asked, limit + 1, before)
    place = _Place(rows[limit - 1].id) if len(rows) > limit else None
    return Json(rows[:limit], headers=paging.link(request, place))


@router.get("/table.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def access_table(request: Request, account: Reader, asked: Annotated[Wanted, Depends(wanted)]) -> Response:
    """What is asked for as a CSV file, at most its newest 100,000 entries. That it was taken is an entry itself."""
    deps = deps_of(request)
    now = deps.wall.now()
    with db.read(deps.engine) as conn:
        rows = audit.entries(conn, account.school, asked, MOST_EXPORTED)
    audit.look(deps.engine, now, account, "log.export", asked.subject or "-")
    name = f"access-log-{now:%Y-%m-%d}.csv"
    table = spreadsheet(COLUMNS, ((row.at.isoformat(), row.login, row.role, row.action, row.subject) for row in rows))
    return Response(table, media_type="text/csv", headers={"Content-Disposition": f"attachment; filename={name}"})
