"""What a date is for a school, with the reason: for a person who asks."""

from __future__ import annotations

from datetime import date

import msgspec
import sqlalchemy as sa

from attendance.calendar.daybook import school_day, terms_of
from attendance.calendar.lessons import TaughtHour, lessons
from attendance.calendar.schoolday import SAID_BY, SchoolDay
from attendance.calendar.weeks import Week, is_vacation, week_of
from attendance.tables import calendar_days


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """A date: its school day (None: no school), why it is so, its week, and its lessons."""

    day: date
    shape: SchoolDay | None
    why: str
    week: Week | None
    lessons: tuple[TaughtHour, ...]


def explain(conn: sa.Connection, school: str, day: date) -> Explained:
    """What ``day`` is, and who said so."""
    shape = school_day(conn, school, day)
    terms = terms_of(conn, [school]).get(school, [])
    return Explained(
        day=day,
        shape=shape,
        why=_why(conn, school, day, vacation=is_vacation(day, terms)),
        week=week_of(day, terms),
        lessons=tuple(lessons(conn, school, shape)) if shape else (),
    )


def _why(conn: sa.Connection, school: str, day: date, *, vacation: bool) -> str:
    query = sa.select(calendar_days).where(calendar_days.c.school == school, calendar_days.c.day == day)
    rows = sorted(conn.execute(query), key=lambda row: SAID_BY.index(row.said_by))
    if rows:
        first, *others = rows
        said = f"{first.day_type} by the {first.said_by} calendar" + (f": {first.name}" if first.name else "")
        said += f", with the timetable of weekday {first.follows}" if first.follows else ""
        return said + "".join(f" (the {one.said_by} calendar says {one.day_type})" for one in others)
    if vacation:
        return "between two terms"
    return "a weekday that no calendar lists" if day.isoweekday() <= 5 else "a weekend that no calendar lists"
