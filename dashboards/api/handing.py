"""Giving alarms to somebody else: one alarm, or all of one's own at the end of a shift."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends
from msgspec import Meta
from starlette.requests import Request

from alerts.life import actions, queries
from campus import db
from campus.errors import Conflict
from dashboards.access.origin import check_origin
from dashboards.api.alarms import Actor, Words, seen_alarm
from dashboards.api.answers import Json, body, described
from dashboards.deps import deps_of
from dashboards.views import alarms as views
from dashboards.views import handing
from dashboards.views.alarms import Alarm, AlarmList
from dashboards.views.handing import Taker

router = APIRouter(prefix="/alarms", tags=["alarms"])
OwnOrigin = Depends(check_origin)


class Handing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To whom (an account's id) and a word for that person, as a note at the change of shifts."""

    to: Annotated[str, Meta(min_length=1, max_length=36)]
    text: Words = ""


@router.get("/takers", **described(list[Taker]))
def takers(request: Request, account: Actor) -> Json:
    """Who can take an alarm."""
    with db.read(deps_of(request).engine) as conn:
        return Json(handing.takers(conn, account.school, account.id))


@router.post("/hand-over", dependencies=[OwnOrigin], **described(AlarmList, Handing))
def hand_over(request: Request, account: Actor, said: Annotated[Handing, Depends(body(Handing))]) -> Json:
    """Give every open alarm of one's own to somebody else, with a note; the answer is the list as it is then."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        to = handing.taker(conn, account.school, said.to).id
        if to == account.id:
            raise Conflict("these alarms are yours already; hand them over to somebody else")
        actions.hand_over(conn, account.school, account.id, to, account.id, deps.clock.now(), said.text)
    with db.read(deps.engine) as conn:
        return Json(views.alarm_list(conn, account.school, deps.school.zone, deps.clock.now()))


@router.post("/{alarm_id}/assign", dependencies=[OwnOrigin], **described(Alarm, Handing))
def assign(request: Request, alarm_id: str, account: Actor, said: Annotated[Handing, Depends(body(Handing))]) -> Json:
    """Make somebody else, or oneself, the one who deals with the alarm."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        queries.alarm(conn, account.school, alarm_id)  # of this school, or not found
        to = handing.taker(conn, account.school, said.to).id
        actions.assign(conn, alarm_id, to, account.id, deps.clock.now(), said.text)
    return Json(seen_alarm(request, alarm_id, account))
