"""Leave of a class teacher's own students: asked, decided, taken back, and the note of a return."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec
import sqlalchemy as sa
from fastapi import APIRouter, Depends
from msgspec import Meta
from starlette.requests import Request

from attendance.leave import follow_ups, requests
from attendance.leave.requests import Symptom
from campus import db
from campus.errors import NotFound
from dashboards.access import audit
from dashboards.access.accounts import Account
from dashboards.access.origin import check_origin
from dashboards.access.people import allow
from dashboards.api.answers import Json, body, described
from dashboards.deps import Deps, deps_of
from dashboards.views import leave as views
from dashboards.views.classes import must_own_student
from dashboards.views.leave import ClassLeave, LeaveLine

router = APIRouter(tags=["leave"])
Reader = Annotated[Account, Depends(allow("leave.read"))]
Decider = Annotated[Account, Depends(allow("leave.decide"))]
OwnOrigin = Depends(check_origin)
_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
Decision = Literal["approve", "refuse", "withdraw", "return"]


class AskedLeave(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Leave in local days and times of day; ``weekdays`` (1-7) repeat the times on each of these days to ``last``.

    ``by_guardian``: a guardian asked and the teacher writes it down, so the teacher may decide it.
    """

    student: Annotated[str, Meta(min_length=1, max_length=64)]
    first: date
    last: date
    begins: Annotated[str, Meta(pattern=_CLOCK)] = "00:00"
    ends: Annotated[str, Meta(pattern=_CLOCK)] = "23:59"
    kind: Annotated[str, Meta(min_length=1, max_length=32)] = "personal"
    note: Annotated[str, Meta(max_length=300)] = ""
    symptom: Symptom | None = None
    weekdays: Annotated[tuple[Annotated[int, Meta(ge=1, le=7)], ...], Meta(max_length=7)] = ()
    by_guardian: bool = True


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the person who decides says about it; a refusal needs some."""

    words: Annotated[str, Meta(max_length=300)] = ""


@router.get("/classes/{class_id}/leave", **described(ClassLeave))
def leave(request: Request, class_id: str, account: Reader) -> Json:
    """The leave of an own class: what waits for a decision first. The look is logged."""
    return Json(logged_leave(deps_of(request), account, class_id))


def logged_leave(deps: Deps, account: Account, class_id: str) -> ClassLeave:
    """The leave of an own class; the look is a row of the access log before it is an answer."""
    with db.read(deps.engine) as conn:
        found = views.leave_of(conn, account, class_id, deps.clock.now(), deps.school.zone)
    audit.look(deps.engine, deps.wall.now(), account, "leave.view", class_id)
    return found


@router.post("/leave", dependencies=[OwnOrigin], **described(LeaveLine, AskedLeave))
def ask(request: Request, account: Decider, said: Annotated[AskedLeave, Depends(body(AskedLeave))]) -> Json:
    """Ask for leave of an own student, or write down what a guardian asked for; it excuses nobody until approved."""
    deps = deps_of(request)
    more = {"kind": said.kind, "note": said.note, "symptom": said.symptom, "weekdays": said.weekdays}
    days, hours = (said.first, said.last), (said.begins, said.ends)
    wish = views.wish_of(said.student, days, hours, deps.school.zone, **more)
    by = f"{views.GUARDIAN}{account.id}" if said.by_guardian else account.id
    with db.write(deps.engine) as conn:
        must_own_student(conn, account, said.student)
        asked = requests.ask(conn, account.school, wish, by, deps.clock.now())
        audit.record(conn, deps.wall.now(), account, "leave.ask", said.student, asked.id)
        return Json(views.line_of(conn, account, asked, deps.clock.now()))


@router.post("/leave/{request_id}/{decision}", dependencies=[OwnOrigin], **described(LeaveLine, Words))
def decide(
    request: Request,
    request_id: str,
    decision: Decision,
    account: Decider,
    said: Annotated[Words, Depends(body(Words))],
) -> Json:
    """Approve, refuse or withdraw a request, or note that the student is back; the rolls it touches follow."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        asked = requests.request_of(conn, request_id)
        _must_own(conn, account, asked)
        done = _decided(conn, deps, request_id, decision, account, said.words)
        follow_ups.watch(conn, account.school, deps.clock.now(), deps.school.zone)
        audit.record(conn, deps.wall.now(), account, "leave.decide", asked.student, request_id, decision)
        return Json(views.line_of(conn, account, done, deps.clock.now()))


def _must_own(conn: sa.Connection, account: Account, asked: requests.Request) -> None:
    if asked.school != account.school:
        raise NotFound(f"there is no request for leave {asked.id!r}")
    must_own_student(conn, account, asked.student)


def _decided(
    conn: sa.Connection, deps: Deps, id_: str, decision: Decision, account: Account, words: str
) -> requests.Request:
    now, zone = deps.clock.now(), deps.school.zone
    if decision == "refuse":
        return requests.refuse(conn, id_, account.id, now, words)
    deciders = {"approve": requests.approve, "withdraw": requests.withdraw, "return": requests.returned}
    return deciders[decision](conn, id_, account.id, now, zone, words)
