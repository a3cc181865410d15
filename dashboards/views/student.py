"""One student's page: today by session, the week, the term, and what has changed against the student's own past."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from attendance import queries
from attendance.calendar.schoolday import local_day
from attendance.policy import MACHINE
from attendance.queries import StudentInfo
from attendance.reports import student_days
from attendance.reports.insight import DayMark, Insight, insight
from attendance.reports.student_days import CalendarCell, SessionMark, Share, SubjectLate, WeekdayLate
from dashboards.access.accounts import Account
from dashboards.views.classes import must_own_student
from dashboards.views.people import account_names
from dashboards.views.roll import Gate, gates_of

# What a page shows: a long term, and in it what is called lately.
TERM = timedelta(weeks=20)
LATELY = timedelta(days=28)


class StudentPage(msgspec.Struct, frozen=True, kw_only=True):
    """A student as the class teacher sees one; ``lately`` is the last four weeks, ``before`` the term until then."""

    now: datetime
    today: date
    first: date
    info: StudentInfo
    sessions: tuple[SessionMark, ...]  # of the week of today, Monday first
    calendar: tuple[CalendarCell, ...]
    insight: Insight
    in_time: int
    lately: Share
    before: Share
    weekdays: tuple[WeekdayLate, ...]
    first_lessons: tuple[SubjectLate, ...]  # lateness by the subject that the day begins with
    gates: tuple[Gate, ...]


def student_of(conn: sa.Connection, account: Account, student: str, now: datetime, zone: ZoneInfo) -> StudentPage:
    """The page of a student of one of the account's own classes. Raises `NotFound` for any other."""
    must_own_student(conn, account, student)
    today = local_day(now, zone)
    monday, first = today - timedelta(days=today.isoweekday() - 1), today - TERM
    found = student_days.session_marks(conn, account.school, student, first, today)
    cells = student_days.calendar(found)
    days = student_days.arrivals(cells)
    lately = [one for one in days if one.day > today - LATELY]
    before = [one for one in days if one.day <= today - LATELY]
    info = queries.student(conn, account.school, student)
    subjects = student_days.first_subjects(conn, account.school, info.class_id) if info.class_id else {}
    return StudentPage(
        now=now,
        today=today,
        first=first,
        info=info,
        sessions=tuple(named(conn, account.school, [one for one in found if one.day >= monday])),
        calendar=tuple(cells),
        insight=_insight(student, days, lately, before),
        in_time=student_days.streak_in_time(days),
        lately=student_days.share(lately),
        before=student_days.share(before),
        weekdays=tuple(student_days.lateness(cells)),
        first_lessons=tuple(student_days.late_by_subject(cells, subjects)),
        gates=gates_of(conn, account.school, now),
    )


def _insight(student: str, days: list[DayMark], lately: list[DayMark], before: list[DayMark]) -> Insight:
    """The term's figures and signs, and a change of the last weeks against the term before them."""
    whole = insight(student, days)
    changed = tuple(one for one in insight(student, lately, before).signs if one.kind == "more_than_before")
    return msgspec.structs.replace(whole, signs=(*whole.signs, *changed))


def named(conn: sa.Connection, school: str, found: list[SessionMark]) -> list[SessionMark]:
    """The marks with people by their names."""
    if all(one.by in {MACHINE, ""} for one in found):
        return found
    names = account_names(conn, school)
    return [msgspec.structs.replace(one, by=names.get(one.by, one.by)) for one in found]
