"""Maintenance windows and things out of service: what nobody is told of for a while, who said so and why."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends
from msgspec import Meta
from starlette.requests import Request

from alerts.life import mutes
from campus import db
from dashboards.access.accounts import Account
from dashboards.access.origin import check_origin
from dashboards.access.people import allow
from dashboards.api import paging
from dashboards.api.answers import Json, body, described
from dashboards.deps import Deps, deps_of
from dashboards.views.people import account_names
from devices import queries

router = APIRouter(prefix="/maintenance", tags=["devices"])
Reader = Annotated[Account, Depends(allow("devices.read"))]
Keeper = Annotated[Account, Depends(allow("devices.maintain"))]
OwnOrigin = Depends(check_origin)


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A window in force or to come; ``until`` is None for a device that is out of service."""

    id: str
    device: str | None
    place: str | None
    rule: str | None
    starts: datetime
    until: datetime | None
    reason: str
    by: str


class NewWindow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A device set aside: for ``minutes`` from now, or without them until somebody puts it back into service."""

    device: Annotated[str, Meta(min_length=1, max_length=64)]
    minutes: Annotated[int, Meta(ge=5, le=30 * 24 * 60)] | None = None
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


@router.get("", **described(list[Window]))
def windows(request: Request, account: Reader, cursor: paging.Cursor = "", limit: paging.Limit = 50) -> Json:
    """The windows in force or to come, the one that ends first in front; the ``Link`` header pages on."""
    found = _windows(deps_of(request), account)
    rows, more = paging.of_whole(request, found, lambda one: one.id, cursor, limit)
    return Json(rows, headers=more)


@router.post("", dependencies=[OwnOrigin], **described(list[Window], NewWindow))
def begin(request: Request, account: Keeper, said: Annotated[NewWindow, Depends(body(NewWindow))]) -> Json:
    """Set a device aside: its alarms are recorded and nobody is told. The answer is every window."""
    deps = deps_of(request)
    now = deps.clock.now()
    until = None if said.minutes is None else now + timedelta(minutes=said.minutes)
    kind: mutes.Kind = "out_of_service" if until is None else "maintenance"
    with db.write(deps.engine) as conn:
        queries.device_detail(conn, account.school, said.device, now)  # of this school, or not found
        mutes.begin(conn, account.school, kind, said.reason, account.id, now, device=said.device, until=until)
    return Json(_windows(deps, account))


@router.post("/{window_id}/end", dependencies=[OwnOrigin], **described(list[Window]))
def end(request: Request, window_id: str, account: Keeper) -> Json:
    """End a window before its time: what still holds is an alarm again. The answer is what is left."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        mutes.end(conn, account.school, window_id, account.id, deps.clock.now())
    return Json(_windows(deps, account))


def _windows(deps: Deps, account: Account) -> list[Window]:
    with db.read(deps.engine) as conn:
        names = account_names(conn, account.school)
        return [
            _window(one, names.get(one.by, one.by)) for one in mutes.in_force(conn, account.school, deps.clock.now())
        ]


def _window(one: mutes.Mute, by: str) -> Window:
    return Window(
        id=one.id, device=one.device, place=one.place, rule=one.rule, starts=one.starts, until=one.until,
        reason=one.reason, by=by,
    )  # fmt: skip
