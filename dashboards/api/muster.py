"""The muster of an incident: begin, tick, all clear, and the figures afterwards."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends
from msgspec import Meta
from starlette.requests import Request

from alerts.incidents import incidents
from alerts.incidents.after_action import AfterAction
from alerts.incidents.incidents import Kind, State
from alerts.life import queries
from campus import db
from campus.errors import NotFound
from dashboards.access import audit
from dashboards.access.accounts import Account
from dashboards.access.origin import check_origin
from dashboards.access.people import allow
from dashboards.api.answers import Json, body, described
from dashboards.deps import Deps, deps_of
from dashboards.views import muster as views
from dashboards.views.classes import own_classes
from dashboards.views.muster import Muster
from devices import queries as devices

router = APIRouter(tags=["muster"])
Reader = Annotated[Account, Depends(allow("muster.read"))]
Leader = Annotated[Account, Depends(allow("muster.lead"))]
OwnOrigin = Depends(check_origin)
Words = Annotated[str, Meta(max_length=500)]


class Beginning(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What begins: an evacuation or a lockdown, a drill of it or not, and the alarm it follows, if any."""

    kind: Kind
    exercise: bool = False
    alarm: str | None = None


class Tick(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of some students now; ``open`` takes a tick back.

    ``said_at``: when it was said, if it could not be sent then; of whom somebody else has spoken since, that stands.
    """

    students: Annotated[tuple[str, ...], Meta(min_length=1, max_length=500)]
    state: State
    said_at: Annotated[datetime, Meta(tz=True)] | None = None


class AllClear(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The end of an incident, with what it was."""

    note: Words = ""


@router.get("/muster", **described(Muster))
def muster(request: Request, account: Reader) -> Json:
    """The muster of the incident that runs: a guard's whole, a teacher's own classes. The look is logged."""
    return Json(logged_muster(deps_of(request), account))


def logged_muster(deps: Deps, account: Account) -> Muster:
    """The muster, and a line in the access log when it names students."""
    found = _muster(deps, account)
    if found.incident is not None:
        audit.look(deps.engine, deps.wall.now(), account, "muster.view", found.incident.id)
    return found


def _muster(deps: Deps, account: Account) -> Muster:
    with db.read(deps.engine) as conn:
        places = {one.id: (one.name, one.name_en) for one in devices.places(conn, account.school)}
        return views.muster(conn, account, deps.school.zone, deps.clock.now(), places)


@router.post("/incidents", dependencies=[OwnOrigin], **described(Muster, Beginning))
def begin(request: Request, account: Leader, said: Annotated[Beginning, Depends(body(Beginning))]) -> Json:
    """Begin an evacuation, a lockdown, or a drill: everybody who is or may be on site has to be accounted for."""
    deps = deps_of(request)
    now = deps.clock.now()
    with db.write(deps.engine) as conn:
        if said.alarm is not None:
            queries.alarm(conn, account.school, said.alarm)  # of this school, or not found
        people = views.people_on_site(conn, account.school)
        incidents.begin(
            conn, account.school, said.kind, people, account.id, now, exercise=said.exercise, alarm=said.alarm
        )
    return Json(_muster(deps, account))


@router.post("/incidents/{incident_id}/tick", dependencies=[OwnOrigin], **described(Muster, Tick))
def tick(request: Request, incident_id: str, account: Reader, said: Annotated[Tick, Depends(body(Tick))]) -> Json:
    """Say of students where they are. A teacher speaks for the own classes."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        incident = incidents.incident(conn, account.school, incident_id)
        if account.role == "teacher":
            mine = {one.id for one in own_classes(conn, account)}
            ours = {line.student for line in incidents.lines(conn, incident_id) if line.class_id in mine}
            if foreign := sorted(set(said.students) - ours):
                raise NotFound(f"student {foreign[0]!r} is none of your muster")
        now = deps.clock.now()
        said_at = min(said.said_at, now) if said.said_at else None
        incidents.account(conn, incident, said.students, said.state, account.id, now, said_at)
    return Json(_muster(deps, account))


@router.post("/incidents/{incident_id}/end", dependencies=[OwnOrigin], **described(Muster, AllClear))
def end(
    request: Request, incident_id: str, account: Leader, said: Annotated[AllClear, Depends(body(AllClear))]
) -> Json:
    """All clear."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        incident = incidents.incident(conn, account.school, incident_id)
        incidents.end(conn, incident, account.id, deps.clock.now(), said.note)
    return Json(_muster(deps, account))


@router.get("/incidents/{incident_id}/figures", **described(AfterAction))
def figures(request: Request, incident_id: str, account: Leader) -> Json:
    """How fast everybody was accounted for, the slowest class first. No student is named."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        return Json(views.figures_of(conn, account.school, incident_id))
