"""The roll of a class teacher's own classes: read it, correct it, take a correction back, see how a mark came about."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, TypedDict

import msgspec
import sqlalchemy as sa
from fastapi import APIRouter, Depends
from msgspec import Meta
from starlette.requests import Request

from attendance import queries
from attendance.policy import Status
from attendance.queries import MarkEntry, RollLine
from attendance.register import corrections
from campus import db
from campus.errors import NotFound
from dashboards.access import audit
from dashboards.access.accounts import Account
from dashboards.access.origin import check_origin
from dashboards.access.people import allow
from dashboards.access.roles import may
from dashboards.api.answers import Json, body, described
from dashboards.deps import Deps, deps_of
from dashboards.views import roll as views
from dashboards.views.classes import own_class, own_classes
from dashboards.views.roll import OwnClass, Roll

router = APIRouter(tags=["roll"])
Reader = Annotated[Account, Depends(allow("roll.read"))]
Corrector = Annotated[Account, Depends(allow("roll.correct"))]
OwnOrigin = Depends(check_origin)
_MARK = "/sessions/{session}/students/{student}"


class Correction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the mark should be, and why, in the teacher's words."""

    status: Status
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class SaidCorrection(Correction, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``said_at``: when it was said, if it could not be sent then. Sent twice it is one mark; what another person said
    of the student meanwhile stands, and the answer is 409 ``overtaken``.
    """

    said_at: Annotated[datetime, Meta(tz=True)] | None = None


class BulkCorrection(Correction, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same correction for several students."""

    students: Annotated[tuple[str, ...], Meta(min_length=1, max_length=200)]


class Several(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Several students of one session."""

    students: Annotated[tuple[str, ...], Meta(min_length=1, max_length=200)]


@router.get("/classes", **described(list[OwnClass]))
def classes(request: Request, account: Reader) -> Json:
    """The classes one leads."""
    with db.read(deps_of(request).engine) as conn:
        return Json([OwnClass(id=one.id, title=one.title) for one in own_classes(conn, account)])


@router.get("/classes/{class_id}/roll", **described(Roll))
def roll(request: Request, class_id: str, account: Reader, day: date | None = None, session: str | None = None) -> Json:
    """The roll of an own class today or on ``day``, exceptions first: of the arrival or of ``session``. The look is
    logged.
    """
    return Json(logged_roll(deps_of(request), account, class_id, day, session))


def logged_roll(
    deps: Deps, account: Account, class_id: str, day: date | None = None, session: str | None = None
) -> Roll:
    """The roll of an own class; the look is a row of the access log before it is an answer."""
    now = deps.clock.now()
    day = day or now.astimezone(deps.school.zone).date()
    with db.read(deps.engine) as conn:
        found = views.roll_of(conn, account, class_id, day, now, deps.school, session)
    audit.look(deps.engine, deps.wall.now(), account, "roll.view", class_id, day.isoformat())
    return found


@router.post(_MARK + "/correction", dependencies=[OwnOrigin], **described(RollLine, SaidCorrection))
def correct(
    request: Request,
    session: str,
    student: str,
    account: Corrector,
    said: Annotated[SaidCorrection, Depends(body(SaidCorrection))],
) -> Json:
    """Correct a mark: appended beside the machine's, which stays and no longer decides."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        class_id = _own_session(conn, account, session)
        power = _power(deps, account)
        now = deps.clock.now()
        said_at = min(said.said_at, now) if said.said_at else None
        corrections.correct(conn, session, student, said.status, said.reason, account.id, now, said_at=said_at, **power)
        _record(conn, deps, account, "roll.correct", session, student)
        return Json(_line(conn, deps, class_id, session, student))


@router.post(_MARK + "/undo", dependencies=[OwnOrigin], **described(RollLine))
def undo(request: Request, session: str, student: str, account: Corrector) -> Json:
    """Take a correction back: the machine's word stands again."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        class_id = _own_session(conn, account, session)
        corrections.undo(conn, session, student, account.id, deps.clock.now(), **_power(deps, account))
        _record(conn, deps, account, "roll.undo", session, student)
        return Json(_line(conn, deps, class_id, session, student))


@router.post("/sessions/{session}/corrections", dependencies=[OwnOrigin], **described(list[RollLine], BulkCorrection))
def correct_many(
    request: Request,
    session: str,
    account: Corrector,
    said: Annotated[BulkCorrection, Depends(body(BulkCorrection))],
) -> Json:
    """Correct several students of a session alike, all or none; each gets a mark of its own."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        class_id = _own_session(conn, account, session)
        now, power = deps.clock.now(), _power(deps, account)
        corrections.correct_many(conn, session, said.students, said.status, said.reason, account.id, now, **power)
        for student in dict.fromkeys(said.students):
            _record(conn, deps, account, "roll.correct", session, student)
        return Json(views.lines_of(conn, account.school, class_id, session, said.students))


@router.post("/sessions/{session}/undo", dependencies=[OwnOrigin], **described(list[RollLine], Several))
def undo_many(
    request: Request, session: str, account: Corrector, said: Annotated[Several, Depends(body(Several))]
) -> Json:
    """Take several corrections of a session back, all or none."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        class_id = _own_session(conn, account, session)
        power = _power(deps, account)
        corrections.undo_many(conn, session, said.students, account.id, deps.clock.now(), **power)
        for student in dict.fromkeys(said.students):
            _record(conn, deps, account, "roll.undo", session, student)
        return Json(views.lines_of(conn, account.school, class_id, session, said.students))


@router.get(_MARK + "/history", **described(list[MarkEntry]))
def history(request: Request, session: str, student: str, account: Reader) -> Json:
    """Every mark of a student in a session, the first first. The look is logged."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        class_id = _own_session(conn, account, session)
        found = views.history_of(conn, account.school, session, student)
    audit.look(deps.engine, deps.wall.now(), account, "student.history", class_id, student)
    return Json(found)


def _own_session(conn: sa.Connection, account: Account, session: str) -> str:
    """The class of a session that is the account's own; raises `NotFound` for any other."""
    school, class_id = queries.session_class(conn, session)
    if school != account.school or own_class(conn, account, class_id) is None:
        raise NotFound(f"there is no session {session!r} of yours")
    return class_id


class _Power(TypedDict):
    office: bool
    open_for: timedelta


def _power(deps: Deps, account: Account) -> _Power:
    """How far back the account may correct: as long as the school says, and the school office beyond it."""
    return {"office": may(account.role, "roll.override"), "open_for": timedelta(days=deps.school.roll_open_days)}


def _record(
    conn: sa.Connection, deps: Deps, account: Account, action: audit.Action, session: str, student: str
) -> None:
    """Log a correction, as an override of the office where the roll is locked to its teachers."""
    locked = deps.clock.now() >= corrections.locked_at(conn, session, timedelta(days=deps.school.roll_open_days))
    audit.record(conn, deps.wall.now(), account, "roll.override" if locked else action, session, student)


def _line(conn: sa.Connection, deps: Deps, class_id: str, session: str, student: str) -> RollLine:
    return views.line_of(conn, deps.school.id, class_id, session, student)
