"""One student over the API: the page's data, and the attendance history of a span."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request

from attendance.reports import student_days
from attendance.reports.student_days import SessionMark
from campus import db
from campus.errors import Conflict
from dashboards.access import audit
from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.api import paging
from dashboards.api.answers import Json, described
from dashboards.deps import Deps, deps_of
from dashboards.views import student as views
from dashboards.views.classes import must_own_student
from dashboards.views.student import StudentPage

router = APIRouter(prefix="/students", tags=["roll"])
Reader = Annotated[Account, Depends(allow("roll.read"))]
_LONGEST = timedelta(days=370)


@router.get("/{student}", **described(StudentPage))
def student(request: Request, student: str, account: Reader) -> Json:
    """A student of an own class: today, the week, the term, what has changed. The look is logged."""
    return Json(logged_student(deps_of(request), account, student))


def logged_student(deps: Deps, account: Account, student: str) -> StudentPage:
    """A student's page; the look is a row of the access log before it is an answer."""
    with db.read(deps.engine) as conn:
        found = views.student_of(conn, account, student, deps.clock.now(), deps.school.zone)
    audit.look(deps.engine, deps.wall.now(), account, "student.view", student)
    return found


@router.get("/{student}/attendance", **described(list[SessionMark]))
def attendance(
    request: Request, student: str, account: Reader, first: date | None = None, last: date | None = None,
    cursor: paging.Cursor = "", limit: paging.Limit = 200,
) -> Json:  # fmt: skip
    """The current mark of every session from ``first`` (four weeks ago) to ``last`` (today), at most a year.

    The ``Link`` header pages on.
    """
    deps = deps_of(request)
    until = last or deps.clock.now().astimezone(deps.school.zone).date()
    since = first or max(until, date.min + views.LATELY) - views.LATELY
    if not timedelta(0) <= until - since <= _LONGEST:
        raise Conflict(f"a history reaches from a day to a later one, over at most {_LONGEST.days} days")
    with db.read(deps.engine) as conn:
        must_own_student(conn, account, student)
        found = views.named(
            conn, account.school, student_days.session_marks(conn, account.school, student, since, until)
        )
    audit.look(deps.engine, deps.wall.now(), account, "student.history", student, f"{since}/{until}")
    rows, more = paging.of_whole(request, found, lambda one: one.session, cursor, limit)
    return Json(rows, headers=more)
