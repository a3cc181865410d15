"""Teaching groups: who has a lesson in one while the home class has its own, and so belongs on the group's roll."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa

from attendance.calendar.daybook import school_day
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
    conn: sa.Connection, due: Sequence[Session], pupils: Mapping[str, Sequence[str]]
) -> dict[tuple[str, str], Group]:
    """Who of the ``pupils`` of a home class's lesson has a lesson of a group in that period, by (session, student).

    Of several groups at one time the first by id. A group has a lesson when a roll of it is taken, as planned on that
    day, and when none is taken by the timetable: the student is there and not with the home class, as
    `RollBook.expected_in` says, too.
    """
    asking = [(one.id, student) for one in due if one.kind in LESSONS for student in pupils[one.id]]
    found: dict[tuple[str, str], Group] = {}
    hours: dict[tuple[str, date, str], set[str]] = {}
    for session, student, group, title, planned, *hour in ask(conn, _elsewhere, asking):
        if planned is None:
            school, day, period = hour
            if (school, day, period) not in hours:
                hours[school, day, period] = _having(conn, school, day, period)
            if group not in hours[school, day, period]:
                continue
        first = found.setdefault((session, student), Group(group, title))
        if group < first.id:
            found[session, student] = Group(group, title)
    return found


def _having(conn: sa.Connection, school: str, day: date, period: str) -> set[str]:
    """The classes and groups that have a lesson in a period, by the timetable."""
    shape = school_day(conn, school, day)
    return {one.class_id for one in lessons(conn, school, shape, period=period)} if shape else set()


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
def _elsewhere(dialect: str) -> sa.Select[tuple[Any, ...]]:
    keys = asked(dialect, roll.c.session, roll.c.student)
    theirs = sessions.alias()
    home = sa.and_(
        students.c.school == sessions.c.school,
        students.c.id == keys.c.student,
        students.c.class_id == sessions.c.class_id,
    )
    same_time = sa.and_(
        theirs.c.school == sessions.c.school,
        theirs.c.day == sessions.c.day,
        theirs.c.class_id == enrolments.c.class_id,
        theirs.c.period == sessions.c.period,
        theirs.c.kind.in_(LESSONS),
    )
    group = (classes.c.id, classes.c.title, theirs.c.id)
    hour = (sessions.c.school, sessions.c.day, sessions.c.period)
    return (
        sa.select(keys.c.session, keys.c.student, *group, *hour)
        .join_from(keys, sessions, sessions.c.id == keys.c.session)
        .join(students, home)
        .join(enrolments, _SAME_STUDENT)
        .join(classes, _GROUP)
        .join(theirs, same_time, isouter=True)
        .where(enrolments.c.role == "student", _NOT_HOME, *holds_on(sessions.c.day))
    )
