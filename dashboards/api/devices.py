"""Devices and their readings."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from campus import db
from campus.errors import NotFound
from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.api import paging
from dashboards.api.answers import Json, described
from dashboards.deps import deps_of
from dashboards.views import device_marks
from dashboards.views import devices as views
from dashboards.views import series as readings
from dashboards.views.device_marks import Marks
from dashboards.views.device_table import csv_of
from dashboards.views.devices import DeviceFile, DeviceList
from dashboards.views.series import Latest, Series
from devices import queries

router = APIRouter(prefix="/devices", tags=["devices"])
Reader = Annotated[Account, Depends(allow("devices.read"))]
SeriesReader = Annotated[Account, Depends(allow("series.read"))]
Search = Annotated[str, Query(max_length=200)]
Word = Annotated[str, Query(max_length=32)]
SHOWN = timedelta(hours=6)


@router.get("", **described(DeviceList))
def device_list(request: Request, account: Reader, cursor: paging.Cursor = "", limit: paging.Limit = 200) -> Json:
    """Every device in use; what needs a person today first. The ``Link`` header pages on."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        found = views.device_list(conn, account.school, deps.clock.now())
    rows, more = paging.of_whole(request, found.devices, lambda one: one.id, cursor, limit)
    return Json(msgspec.structs.replace(found, devices=tuple(rows)), headers=more)


@router.get("/table.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def device_table(request: Request, account: Reader, search: Search = "", kind: Word = "", state: Word = "") -> Response:
    """The list as a CSV file for a spreadsheet: all of it, or what the same filter as the page's lets through."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        every = (*views.lines(conn, account.school, deps.clock.now()), *views.strangers(conn, account.school))
        lines = views.filtered(every, search, kind, state)
    name = f"devices-{deps.clock.now():%Y-%m-%d}.csv"
    return Response(
        csv_of(lines), media_type="text/csv", headers={"Content-Disposition": f"attachment; filename={name}"}
    )


@router.get("/{device}", **described(DeviceFile))
def device_file(request: Request, device: str, account: Reader) -> Json:
    """One device with its history."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        return Json(views.device_file(conn, account.school, device, deps.clock.now()))


@router.get("/{device}/latest", **described(list[Latest]))
def latest(request: Request, device: str, account: SeriesReader) -> Json:
    """The newest value of every metric of a device."""
    deps = deps_of(request)
    _known(request, account, device)
    return Json(readings.latest(deps.series, account.school, device))


@router.get("/{device}/series", **described(Series))
def series(
    request: Request,
    device: str,
    account: SeriesReader,
    metric: str,
    start: datetime | None = None,
    end: datetime | None = None,
) -> Json:
    """What a metric did between two moments (with time zones), the last six hours by default."""
    deps = deps_of(request)
    _known(request, account, device)
    since, until = _span(start, end, deps.clock.now())
    return Json(readings.series(deps.series, account.school, device, metric, since, until))


@router.get("/{device}/marks", **described(Marks))
def marks(
    request: Request, device: str, account: Reader, start: datetime | None = None, end: datetime | None = None
) -> Json:
    """What happened at a device between two moments (with time zones), the last six hours by default."""
    deps = deps_of(request)
    since, until = _span(start, end, deps.clock.now())
    with db.read(deps.engine) as conn:
        place = queries.device_detail(conn, account.school, device, deps.clock.now()).row.device.place
        return Json(device_marks.marks(conn, account.school, device, place, since, until))


def _span(start: datetime | None, end: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    """The span that was asked for; raises `NotFound` for moments without a time zone."""
    until = end or now
    since = start or until - SHOWN
    if until.tzinfo is None or since.tzinfo is None:
        raise NotFound("`start` and `end` need a time zone, as in 2026-09-07T00:00:00Z")
    return since, until


def _known(request: Request, account: Account, device: str) -> None:
    """Refuse a device that is none of the school's, before the store of readings is asked."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        queries.device_detail(conn, account.school, device, deps.clock.now())
