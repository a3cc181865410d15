"""Which lessons a day has: the timetable of its weekday and week, with exams in their place and free hours left out."""

from __future__ import annotations

from datetime import date

import msgspec
import sqlalchemy as sa

from attendance.calendar.schoolday import SchoolDay
from attendance.calendar.tables import calendar_hours, exams
from attendance.tables import classes, timetable

EVERY_WEEK = ""


class TaughtHour(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson, or an ``exam``, of a class in a period."""

    class_id: str
    period: str
    subject: str
    teacher: str | None
    room: str | None
    exam: bool = False


def lessons(
    conn: sa.Connection, school: str, day: SchoolDay, *, period: str | None = None, class_id: str | None = None
) -> list[TaughtHour]:
    """The lessons of ``day`` by class: of one ``period``, of one class, or all.

    An exam takes the place of the lesson of its class and period; on a day of exams (``exam`` in the calendar) a class
    with exams has nothing else. A class that is no more has none, whatever the sheets still say.
    """
    free = _free(conn, school, day)
    sat = [one for one in _exams(conn, school, day.day) if one.period not in free]
    examined = {one.class_id for one in sat} if day.day_type == "exam" else set()
    taken = {(one.class_id, one.period) for one in sat}
    taught = [
        one
        for one in _timetable(conn, school, day, period, class_id)
        if one.class_id not in examined and (one.class_id, one.period) not in taken and one.period not in free
    ]
    mine = [one for one in sat if period in (None, one.period) and class_id in (None, one.class_id)]
    return sorted([*taught, *mine], key=lambda one: (one.class_id, one.period))


def _timetable(
    conn: sa.Connection, school: str, day: SchoolDay, period: str | None, class_id: str | None
) -> list[TaughtHour]:
    weeks = (EVERY_WEEK, day.week) if day.week else (EVERY_WEEK,)
    here = [timetable.c.school == school, timetable.c.weekday == day.weekday, timetable.c.weeks.in_(weeks)]
    here += [timetable.c.period == period] if period else []
    here += [timetable.c.class_id == class_id] if class_id else []
    columns = [timetable.c[name] for name in ("class_id", "period", "subject", "teacher", "room")]
    query = sa.select(*columns).join(classes, _running(timetable)).where(*here)
    return [TaughtHour(**row._mapping) for row in conn.execute(query)]


def _exams(conn: sa.Connection, school: str, day: date) -> list[TaughtHour]:
    columns = [exams.c[name] for name in ("class_id", "period", "subject", "teacher", "room")]
    query = sa.select(*columns).join(classes, _running(exams)).where(exams.c.school == school, exams.c.day == day)
    return [TaughtHour(**row._mapping, exam=True) for row in conn.execute(query)]


def _running(table: sa.Table) -> sa.ColumnElement[bool]:
    return sa.and_(classes.c.school == table.c.school, classes.c.id == table.c.class_id, classes.c.active)


def _free(conn: sa.Connection, school: str, day: SchoolDay) -> set[str]:
    """The periods that overlap hours in which no lesson is held."""
    query = sa.select(calendar_hours.c.starts, calendar_hours.c.ends)
    rows = conn.execute(query.where(calendar_hours.c.school == school, calendar_hours.c.day == day.day)).all()
    return {bell.period for bell in day.bells for starts, ends in rows if bell.starts < ends and starts < bell.ends}
