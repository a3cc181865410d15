"""Where a student should be in a period: with the teaching group that has a lesson then, or else the home class.

The timetable decides, whether or not a roll of the lesson is kept: rolls and head counts give one answer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa

from attendance.calendar.daybook import school_days
from attendance.calendar.lessons import lessons
from attendance.register.tables import roll, sessions
from attendance.sessions.due import Session
from attendance.sessions.home_classes import holds_on
from attendance.tables import classes, enrolments, students
from campus.keylists import ask, asked

LESSONS = ("lesson", "lab")


class Group(msgspec.Struct, frozen=True):
    """A teaching group, as the mark on the home class's roll names it."""

    id: str
    title: str


def in_groups(
    conn: sa.Connection, due: Sequence[Session], pupils: Mapping[str, Sequence[str]], today: date
) -> dict[tuple[str, str], Group]:
    """Who of the ``pupils`` of a home class's lesson has a lesson of a group in that period, by (session, student).

    Of several groups at one time the first by id.
    """
    asking = [(one.id, student) for one in due if one.kind in LESSONS for student in pupils[one.id]]
    members = ask(conn, _members, asking)
    held = _held(conn, {_Hour(*row[2:5]) for row in members}, today)
    found: dict[tuple[str, str], Group] = {}
    for session, student, *hour, group, title in members:
        if group in held[_Hour(*hour)]:
            found.setdefault((session, student), Group(group, title))
    return found


class _Hour(msgspec.Struct, frozen=True):
    school: str
    day: date
    period: str


def _held(conn: sa.Connection, hours: Iterable[_Hour], today: date) -> dict[_Hour, set[str]]:
    """The classes that have a lesson in each of ``hours``.

    Of a day that is over also those whose roll was taken: the timetable may have changed since.
    """
    found: dict[_Hour, set[str]] = {}
    by_day = _by_day(hours)
    for day, own in by_day.items():
        shapes = school_days(conn, {one.school for one in own}, day)
        for one in own:
            shape = shapes.get(one.school)
            taught = lessons(conn, one.school, shape, period=one.period) if shape else []
            found[one] = {lesson.class_id for lesson in taught} | (_taken(conn, one) if day < today else set())
    return found


def _by_day(hours: Iterable[_Hour]) -> dict[date, list[_Hour]]:
    found: dict[date, list[_Hour]] = {}
    for one in hours:
        found.setdefault(one.day, []).append(one)
    return found


def _taken(conn: sa.Connection, hour: _Hour) -> set[str]:
    here = (sessions.c.school == hour.school, sessions.c.day == hour.day, sessions.c.period == hour.period)
    return set(conn.execute(sa.select(sessions.c.class_id).where(*here, sessions.c.kind.in_(LESSONS))).scalars())


def groups_of(conn: sa.Connection, school: str, day: date, having: Collection[str]) -> dict[str, list[str]]:
    """The students of each teaching group among the classes ``having`` a lesson, as enrolled on ``day``, by student.

    A group is whatever is not the student's home class: who has a lesson in one is not with the home class.
    """
    query = (
        sa.select(students.c.id, enrolments.c.class_id)
        .join_from(enrolments, students, _SAME_STUDENT)
        .join(classes, _GROUP)
        .where(
            enrolments.c.school == school,
            enrolments.c.class_id.in_(having),
            enrolments.c.role == "student",
            students.c.active,
            *holds_on(day),
            _NOT_HOME,
        )
    )
    found: dict[str, list[str]] = {}
    for student, group in conn.execute(query.order_by(enrolments.c.class_id)):
        found.setdefault(student, []).append(group)
    return found


_SAME_STUDENT = sa.and_(students.c.school == enrolments.c.school, students.c.id == enrolments.c.person)
_GROUP = sa.and_(
    classes.c.school == enrolments.c.school, classes.c.id == enrolments.c.class_id, classes.c.kind != "homeroom"
)
_NOT_HOME = sa.or_(students.c.class_id.is_(None), students.c.class_id != enrolments.c.class_id)


@cache
def _members(dialect: str) -> sa.Select[tuple[Any, ...]]:
    keys = asked(dialect, roll.c.session, roll.c.student)
    home = sa.and_(
        students.c.school == sessions.c.school,
        students.c.id == keys.c.student,
        students.c.class_id == sessions.c.class_id,
    )
    hour = (sessions.c[name] for name in _Hour.__struct_fields__)
    return (
        sa.select(keys.c.session, keys.c.student, *hour, classes.c.id, classes.c.title)
        .join_from(keys, sessions, sessions.c.id == keys.c.session)
        .join(students, home)
        .join(enrolments, _SAME_STUDENT)
        .join(classes, _GROUP)
        .where(enrolments.c.role == "student", _NOT_HOME, *holds_on(sessions.c.day))
        .order_by(classes.c.id)
    )
