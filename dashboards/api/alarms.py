"""Alarms: the list, one alarm whole with its stills, and what a guard does with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
import sqlalchemy as sa
from fastapi import APIRouter, Depends
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from alerts.life import actions, queries
from alerts.life.lifecycle import Outcome
from alerts.life.queries import AlarmRow
from campus import db
from campus.errors import NotFound
from dashboards.access import audit
from dashboards.access.accounts import Account
from dashboards.access.origin import check_origin
from dashboards.access.people import allow
from dashboards.api import paging
from dashboards.api.answers import Json, body, described
from dashboards.deps import deps_of
from dashboards.views import alarms as views
from dashboards.views.alarms import Alarm, AlarmList

router = APIRouter(prefix="/alarms", tags=["alarms"])
Reader = Annotated[Account, Depends(allow("alarms.read"))]
Actor = Annotated[Account, Depends(allow("alarms.act"))]
OwnOrigin = Depends(check_origin)
Words = Annotated[str, Meta(max_length=500)]
Step = Callable[[sa.Connection, datetime], object]


class AlarmComment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A remark for the alarm's time line."""

    text: Annotated[Words, Meta(min_length=1)]


class Resolution(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the alarm turned out to be."""

    outcome: Outcome
    text: Words = ""


class Shelf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how many minutes the alarm is set aside, and why."""

    minutes: Annotated[int, Meta(ge=5, le=7 * 24 * 60)]
    reason: Annotated[Words, Meta(min_length=1)]


class _Place(msgspec.Struct, frozen=True):
    """Where a page of the history ends: the last alarm on it. A moment without a zone names no place."""

    raised_at: Annotated[datetime, Meta(tz=True)]
    id: str


@router.get("", **described(AlarmList))
def alarm_list(request: Request, account: Reader) -> Json:
    """Open alarms, worst first, the ones closed last, and how many students are on site."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        return Json(views.alarm_list(conn, account.school, deps.school.zone, deps.clock.now()))


@router.get("/history", **described(list[AlarmRow]))
def history(
    request: Request,
    account: Reader,
    before: datetime | None = None,
    cursor: paging.Cursor = "",
    limit: paging.Limit = 50,
) -> Json:
    """Alarms open and closed, newest first, from ``before`` (with a time zone) on; the ``Link`` header pages on."""
    if before is not None and before.tzinfo is None:
        raise NotFound("`before` needs a time zone, as in 2026-09-07T00:00:00Z")
    start = paging.read(cursor, _Place) if cursor else None
    with db.read(deps_of(request).engine) as conn:
        at = (start.raised_at, start.id) if start else (before, "")
        rows = queries.recent(conn, account.school, limit + 1, *at)
    more = _Place(rows[limit - 1].raised_at, rows[limit - 1].id) if len(rows) > limit else None
    return Json(rows[:limit], headers=paging.link(request, more))


@router.get("/{alarm_id}", **described(Alarm))
def alarm(request: Request, alarm_id: str, account: Reader) -> Json:
    """One alarm whole. When it is about a student, the look is logged."""
    return Json(seen_alarm(request, alarm_id, account))


@router.get("/{alarm_id}/still", response_class=Response, responses={200: {"content": {"image/jpeg": {}}}})
def still(request: Request, alarm_id: str, account: Reader, evidence: str | None = None) -> Response:
    """A still of the alarm as JPEG: the one asked for, or the newest. The look is logged."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        data = queries.still(conn, account.school, alarm_id, evidence)
    if data is None:
        raise NotFound("this alarm has no such still")
    audit.look(deps.engine, deps.wall.now(), account, "alarm.still", alarm_id)
    return Response(data, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@router.post("/{alarm_id}/acknowledge", dependencies=[OwnOrigin], **described(Alarm))
def acknowledge(request: Request, alarm_id: str, account: Actor) -> Json:
    """Say that one has seen the alarm and deals with it."""
    return _take(request, alarm_id, account, lambda conn, now: actions.acknowledge(conn, alarm_id, account.id, now))


@router.post("/{alarm_id}/comment", dependencies=[OwnOrigin], **described(Alarm, AlarmComment))
def comment(
    request: Request, alarm_id: str, account: Actor, said: Annotated[AlarmComment, Depends(body(AlarmComment))]
) -> Json:
    """Write into the alarm's time line."""
    return _take(
        request, alarm_id, account, lambda conn, now: actions.comment(conn, alarm_id, said.text, account.id, now)
    )


@router.post("/{alarm_id}/resolve", dependencies=[OwnOrigin], **described(Alarm, Resolution))
def resolve(
    request: Request, alarm_id: str, account: Actor, said: Annotated[Resolution, Depends(body(Resolution))]
) -> Json:
    """Close the alarm with what it turned out to be."""
    return _take(
        request,
        alarm_id,
        account,
        lambda conn, now: actions.resolve(conn, alarm_id, said.outcome, account.id, now, said.text),
    )


@router.post("/{alarm_id}/shelve", dependencies=[OwnOrigin], **described(Alarm, Shelf))
def shelve(request: Request, alarm_id: str, account: Actor, said: Annotated[Shelf, Depends(body(Shelf))]) -> Json:
    """Set the alarm aside for a while, for a stated reason."""
    return _take(
        request,
        alarm_id,
        account,
        lambda conn, now: actions.shelve(
            conn, alarm_id, now + timedelta(minutes=said.minutes), said.reason, account.id, now
        ),
    )


@router.post("/{alarm_id}/unshelve", dependencies=[OwnOrigin], **described(Alarm))
def unshelve(request: Request, alarm_id: str, account: Actor) -> Json:
    """Take the alarm off the shelf."""
    return _take(request, alarm_id, account, lambda conn, now: actions.unshelve(conn, alarm_id, account.id, now))


def _take(request: Request, alarm_id: str, account: Account, step: Step) -> Json:
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        queries.alarm(conn, account.school, alarm_id)  # of this school, or not found
        step(conn, deps.clock.now())
    return Json(seen_alarm(request, alarm_id, account))


def seen_alarm(request: Request, alarm_id: str, account: Account) -> Alarm:
    """One alarm whole for this person; when it is about a student, the look is logged."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        found = views.alarm(conn, account.school, alarm_id, deps.school.zone, deps.clock.now())
    if found.student is not None:
        audit.look(deps.engine, deps.wall.now(), account, "alarm.view", alarm_id, found.student.id)
    return found
