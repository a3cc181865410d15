"""Reports as files: a student's term (PDF), a class (XLSX, CSV), the school by grade and class (XLSX, CSV)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from attendance import queries
from attendance.register.statuses import status_names_of
from attendance.reports import figures as reports
from attendance.reports import files as report_files
from attendance.reports import student_days
from attendance.reports.term_report import TermReport, term_pdf
from attendance.tables import schools
from campus import db
from campus.errors import Conflict
from dashboards.access import audit
from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.city.scope import school_of
from dashboards.deps import Deps, deps_of
from dashboards.views.classes import must_own, must_own_student

router = APIRouter(tags=["reports"])
Reader = Annotated[Account, Depends(allow("roll.read"))]
Overseer = Annotated[Account, Depends(allow("overview.read"))]
Form = Literal["xlsx", "csv"]
_MEDIA = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "pdf": "application/pdf",
}
_SHEETS: dict[int | str, dict[str, object]] = {
    200: {"content": {_MEDIA["xlsx"]: {}, "text/csv": {}}, "description": "A spreadsheet"}
}
_PDF: dict[int | str, dict[str, object]] = {200: {"content": {_MEDIA["pdf"]: {}}, "description": "A document"}}
_TERM = timedelta(weeks=20)
_LONGEST = timedelta(days=370)


@router.get("/students/{student}/report", response_class=Response, responses=_PDF)
def student_report(
    request: Request, student: str, account: Reader, first: date | None = None, last: date | None = None
) -> Response:
    """A student's term as PDF, from ``first`` (twenty weeks ago) to ``last`` (today). The export is logged."""
    deps = deps_of(request)
    since, until = _span(deps, first, last)
    with db.read(deps.engine) as conn:
        own = must_own_student(conn, account, student)
        report = TermReport(
            school=str(conn.execute(sa.select(schools.c.name).where(schools.c.id == account.school)).scalar() or ""),
            class_title=own.title,
            student=student,
            name=queries.student(conn, account.school, student).name,
            first=since,
            last=until,
            made=deps.clock.now().astimezone(deps.school.zone).date(),
            marks=tuple(student_days.session_marks(conn, account.school, student, since, until)),
        )
        names = status_names_of(conn, account.school)
    audit.look(deps.engine, deps.wall.now(), account, "report.export", student, f"{since}/{until}", "pdf")
    return _file(term_pdf(report, names), "pdf", f"student-{since}-{until}")


@router.get("/classes/{class_id}/report", response_class=Response, responses=_SHEETS)
def class_report(
    request: Request,
    class_id: str,
    account: Reader,
    first: date | None = None,
    last: date | None = None,
    form: Form = "xlsx",
) -> Response:
    """An own class from ``first`` (twenty weeks ago) to ``last`` (today): figures and register as XLSX, every mark as
    CSV. The export is logged.
    """
    deps = deps_of(request)
    since, until = _span(deps, first, last)
    with db.read(deps.engine) as conn:
        must_own(conn, account, class_id)
        rows = reports.register_rows(conn, account.school, class_id, since, until)
        names = status_names_of(conn, account.school)
    audit.look(deps.engine, deps.wall.now(), account, "report.export", class_id, f"{since}/{until}", form)
    content = report_files.class_xlsx(rows, names) if form == "xlsx" else report_files.class_csv(rows, names)
    return _file(content, form, f"class-{since}-{until}")


@router.get("/attendance-report", response_class=Response, responses=_SHEETS)
def school_report(
    request: Request, account: Overseer, first: date | None = None, last: date | None = None, form: Form = "xlsx"
) -> Response:
    """The school, its grades and classes, without any student and without groups of fewer than five."""
    deps = deps_of(request)
    since, until = _span(deps, first, last)
    with db.read(deps.engine) as conn:
        school = school_of(conn, account)
        figures = reports.school_figures(conn, school, since, until)
    audit.look(deps.engine, deps.wall.now(), account, "report.export", school, f"{since}/{until}", form)
    content = report_files.school_xlsx(figures) if form == "xlsx" else report_files.school_csv(figures)
    return _file(content, form, f"school-{since}-{until}")


def _span(deps: Deps, first: date | None, last: date | None) -> tuple[date, date]:
    """The span asked for; raises `Conflict` for one that ends before it begins or is too long."""
    until = last or deps.clock.now().astimezone(deps.school.zone).date()
    since = first or max(until, date.min + _TERM) - _TERM
    if not timedelta(0) <= until - since <= _LONGEST:
        raise Conflict(f"a report reaches from a day to a later one, over at most {_LONGEST.days} days")
    return since, until


def _file(content: bytes, form: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"', "Cache-Control": "no-store"}
    return Response(content, media_type=_MEDIA[form], headers=headers)
