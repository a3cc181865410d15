"""A student's attendance day by day: every session's current mark, the days of a term, and what has changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

import msgspec
import sqlalchemy as sa

from attendance.policy import Evidence, Status
from attendance.register.statuses import URGENCY
from attendance.register.tables import marks, roll, sessions
from attendance.reports.insight import AWAY, COUNTED, DayMark
from attendance.reports.spans import on_days
from attendance.tables import bells, timetable

ARRIVAL = "arrival"


class SessionMark(msgspec.Struct, frozen=True, kw_only=True):
    """A student's current mark in one session, with its reason as in `attendance.policy.Mark`."""

    session: str
    day: date
    kind: str
    period: str
    name_zh: str
    name_en: str
    opens_at: datetime
    status: Status | None
    why: str
    evidence: Evidence
    by: str
    reason: str
    at: datetime
    held: bool


class CalendarCell(msgspec.Struct, frozen=True, kw_only=True):
    """A day of the calendar: its most urgent status, that of the arrival, and how many minutes late."""

    day: date
    status: Status | None
    arrival: Status | None
    minutes: int | None


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """Days that count, and of them those away and those late."""

    days: int
    away: int
    late: int


class WeekdayLate(msgspec.Struct, frozen=True, kw_only=True):
    """How often late on one weekday (1-7), of how many days that count, and the mean minutes of those."""

    weekday: int
    late: int
    of: int
    minutes: float | None


class SubjectLate(msgspec.Struct, frozen=True, kw_only=True):
    """How often late on days that begin with a subject, of how many days that count."""

    subject: str
    late: int
    of: int


def session_marks(conn: sa.Connection, school: str, student: str, first: date, last: date) -> list[SessionMark]:
    """The current marks of a student from ``first`` to ``last``, in the order of the sessions.

    Where a teaching group had the student, its roll speaks, not that of the home class.
    """
    marked = sa.and_(
        marks.c.session == roll.c.session, marks.c.student == roll.c.student, marks.c.number == roll.c.number
    )
    called = sa.select(bells.c.period, sa.func.min(bells.c.name), sa.func.min(bells.c.name_en))
    names = {
        period: (zh, en)
        for period, zh, en in conn.execute(called.where(bells.c.school == school).group_by(bells.c.period))
    }
    own = ("status", "why", "evidence", "by", "reason", "at")
    query = (
        sa.select(
            sessions.c.id.label("session"),
            *(sessions.c[name] for name in ("day", "kind", "period", "opens_at")),
            *(marks.c[name] for name in own),
            roll.c.held,
        )
        .select_from(roll)
        .join(marks, marked)
        .join(sessions, sessions.c.id == roll.c.session)
        .where(
            roll.c.school == school,
            roll.c.student == student,
            on_days(first, last),
            marks.c.why != "in_group",
        )
        .order_by(sessions.c.day, sessions.c.opens_at, sessions.c.period)
    )
    found = []
    for row in conn.execute(query):
        zh, en = names.get(row.period, (row.period, row.period))
        found.append(SessionMark(name_zh=zh, name_en=en, **row._mapping))
    return found


def calendar(found: Iterable[SessionMark]) -> list[CalendarCell]:
    """One cell for each day with a mark, in order of days. Pure."""
    by_day: dict[date, list[SessionMark]] = defaultdict(list)
    for one in found:
        by_day[one.day].append(one)
    return [_cell(day, own) for day, own in sorted(by_day.items())]


def _cell(day: date, own: Sequence[SessionMark]) -> CalendarCell:
    known = [one.status for one in own if one.status is not None]
    known = [status for status in known if status != "not_required"] or known  # says nothing beside another
    arrival = next((one for one in own if one.kind == ARRIVAL), None)
    minutes = arrival.evidence.get("minutes") if arrival else None
    return CalendarCell(
        day=day,
        status=min(known, key=lambda status: URGENCY[status], default=None),
        arrival=arrival.status if arrival else None,
        minutes=int(minutes) if minutes is not None else None,
    )


def arrivals(cells: Iterable[CalendarCell]) -> list[DayMark]:
    """The days at arrival, as `attendance.insight` counts them."""
    return [DayMark(cell.day, cell.arrival) for cell in cells if cell.arrival is not None]


def share(days: Iterable[DayMark]) -> Share:
    """How many of the days count, and how many of them were away or late. Pure."""
    own = [one for one in days if one.status in COUNTED]
    away = sum(one.status in AWAY for one in own)
    return Share(days=len(own), away=away, late=sum(one.status == "late" for one in own))


def lateness(cells: Iterable[CalendarCell]) -> list[WeekdayLate]:
    """Lateness by weekday, for the weekdays that have a day that counts. Pure."""
    by_weekday: dict[int, list[CalendarCell]] = defaultdict(list)
    for cell in cells:
        if cell.arrival in COUNTED:
            by_weekday[cell.day.isoweekday()].append(cell)
    return [_weekday(weekday, own) for weekday, own in sorted(by_weekday.items())]


def _weekday(weekday: int, own: Sequence[CalendarCell]) -> WeekdayLate:
    late = [cell for cell in own if cell.arrival == "late"]
    minutes = [cell.minutes for cell in late if cell.minutes is not None]
    mean = round(sum(minutes) / len(minutes), 1) if minutes else None
    return WeekdayLate(weekday=weekday, late=len(late), of=len(own), minutes=mean)


def first_subjects(conn: sa.Connection, school: str, class_id: str) -> dict[int, str]:
    """The subject of the first lesson of a class by weekday (1-7); several, where weeks alternate, in one text."""
    same = sa.and_(bells.c.school == timetable.c.school, bells.c.period == timetable.c.period, bells.c.kind == "lesson")
    query = sa.select(timetable.c.weekday, timetable.c.subject, sa.func.min(bells.c.starts).label("starts"))
    query = query.join_from(timetable, bells, same).where(
        timetable.c.school == school, timetable.c.class_id == class_id
    )
    rows = conn.execute(query.group_by(timetable.c.weekday, timetable.c.subject)).all()
    begins = {day: min(row.starts for row in rows if row.weekday == day) for day in {row.weekday for row in rows}}
    first = [row for row in rows if row.starts == begins[row.weekday]]
    return {day: "/".join(sorted(row.subject for row in first if row.weekday == day)) for day in sorted(begins)}


def late_by_subject(cells: Iterable[CalendarCell], subjects: Mapping[int, str]) -> list[SubjectLate]:
    """Lateness by the lesson that the day begins with, the worst first. Pure."""
    by_subject: dict[str, list[CalendarCell]] = defaultdict(list)
    for cell in cells:
        if cell.arrival in COUNTED and cell.day.isoweekday() in subjects:
            by_subject[subjects[cell.day.isoweekday()]].append(cell)
    found = [
        SubjectLate(subject=subject, late=sum(cell.arrival == "late" for cell in own), of=len(own))
        for subject, own in by_subject.items()
    ]
    return sorted(found, key=lambda one: (-one.late / one.of, one.subject))


def streak_in_time(days: Iterable[DayMark]) -> int:
    """How many of the last days that count were in time, without a break. Pure."""
    streak = 0
    for one in sorted((one for one in days if one.status in COUNTED), key=lambda one: one.day, reverse=True):
        if one.status not in {"present", "official"}:
            break
        streak += 1
    return streak
