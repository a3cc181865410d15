"""Who is on duty: shifts of guards, the present watch, and what nobody is told of for a while."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends
from msgspec import Meta
from starlette.requests import Request

from alerts.telling import duty
from campus import db
from campus.errors import Conflict
from dashboards.access.accounts import Account
from dashboards.access.origin import check_origin
from dashboards.access.people import allow
from dashboards.api.answers import Json, body, described
from dashboards.deps import Deps, deps_of
from dashboards.views import handing
from dashboards.views.handing import Taker
from dashboards.views.people import account_names

router = APIRouter(prefix="/shifts", tags=["alarms"])
Admin = Annotated[Account, Depends(allow("platform.read"))]
OwnOrigin = Depends(check_origin)
AHEAD = timedelta(days=14)


class ShiftLine(msgspec.Struct, frozen=True, kw_only=True):
    """A shift with whose it is; ``now`` while it runs."""

    id: str
    who: str
    post: str | None
    starts: datetime
    ends: datetime
    now: bool


class Duty(msgspec.Struct, frozen=True, kw_only=True):
    """The shifts from now on for two weeks, and who can be given one."""

    shifts: tuple[ShiftLine, ...]
    guards: tuple[Taker, ...]


class NewShift(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A shift of an account (by id) between two moments with time zones; ``post`` is a place, left out: the school."""

    account: Annotated[str, Meta(min_length=1, max_length=36)]
    starts: datetime
    ends: datetime
    post: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


@router.get("", **described(Duty))
def shifts(request: Request, account: Admin) -> Json:
    """The shifts that run or are to come."""
    return Json(duty_of(deps_of(request), account))


@router.post("", dependencies=[OwnOrigin], **described(Duty, NewShift))
def plan(request: Request, account: Admin, said: Annotated[NewShift, Depends(body(NewShift))]) -> Json:
    """Enter a shift; from its beginning the alarms of its post go to this person first."""
    deps = deps_of(request)
    if said.starts.tzinfo is None or said.ends.tzinfo is None:
        raise Conflict("`starts` and `ends` need a time zone, as in 2026-09-07T00:00:00Z")
    with db.write(deps.engine) as conn:
        who = handing.taker(conn, account.school, said.account).id
        duty.plan_shift(conn, account.school, who, said.starts, said.ends, said.post)
    return Json(duty_of(deps, account))


@router.post("/{shift}/cancel", dependencies=[OwnOrigin], **described(Duty))
def cancel(request: Request, shift: str, account: Admin) -> Json:
    """Take a shift out of the plan."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        duty.cancel_shift(conn, account.school, shift)
    return Json(duty_of(deps, account))


def duty_of(deps: Deps, account: Account) -> Duty:
    """The plan of a school as people read it."""
    now = deps.clock.now()
    with db.read(deps.engine) as conn:
        names = account_names(conn, account.school)
        found = duty.shifts(conn, account.school, now, now + AHEAD)
        guards = tuple(handing.takers(conn, account.school))
    lines = tuple(
        ShiftLine(
            id=one.id, who=names.get(one.account, one.account), post=one.post, starts=one.starts, ends=one.ends,
            now=one.starts <= now < one.ends,
        )
        for one in found
    )  # fmt: skip
    return Duty(shifts=lines, guards=guards)
