"""Who is on the roll of a session: the home class, the teaching group, or the class's boarders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

import sqlalchemy as sa

from attendance.evidence.passes import Key
from attendance.register.tables import roll, sessions
from attendance.sessions.due import Session
from attendance.sessions.groups import LESSONS
from attendance.sessions.home_classes import holds_on
from attendance.tables import boarders, enrolments, students
from campus.keylists import Question, ask, asked, matching

_ENROLLED = sa.and_(students.c.school == enrolments.c.school, students.c.id == enrolments.c.person)
_Query = sa.Select[tuple[Any, ...]]


def pupils_of(
    conn: sa.Connection, group: Sequence[Session], only: Collection[Key] | None = None
) -> dict[str, list[str]]:
    """The active students on the roll of each session of ``group``, by session id.

    ``only`` some, as (school, student), if so asked.
    """
    if only is not None:
        return _among(conn, group, only)
    return _sorted(_by_session(conn, group, _home, _taught, _boarding))


def still_open(conn: sa.Connection, group: Sequence[Session]) -> tuple[dict[str, list[str]], set[tuple[str, str]]]:
    """The same, less those who have a status in the session; and who of them has a mark all the same, taken back."""
    found = _by_session(conn, group, _home_open, _taught_open, _boarding_open)
    marked = {(session, student) for session, own in found.items() for student, number in own.items() if number}
    return _sorted(found), marked


def _sorted(found: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    return {session: sorted(own) for session, own in found.items()}


def vouched_for(conn: sa.Connection, day: date, of: Collection[Key]) -> set[Key]:
    """Who of the students ``of``, as (school, student), a person said to be here, at arrival."""
    return {(school, student) for school, student in ask(conn, _vouched, of, day=day)}


def boarding(conn: sa.Connection, schools: Collection[str], of: Collection[Key]) -> set[Key]:
    """The boarders among the students ``of`` of these ``schools``, as (school, student)."""
    housing = {school for school, _ in ask(conn, _houses, ((school,) for school in schools))}
    if not housing:
        return set()
    asking = [one for one in of if one[0] in housing]
    return {(school, student) for school, student in ask(conn, _beds, asking)}


def _by_session(
    conn: sa.Connection, group: Sequence[Session], home: Question, taught: Question, boarding: Question
) -> dict[str, dict[str, int | None]]:
    """Students by home class, by enrolment in a teaching group, and boarders at night, with what was asked of each."""
    found: dict[str, dict[str, int | None]] = {one.id: {} for one in group}
    by_day = [one for one in group if one.kind != "night"]
    by_night = [one for one in group if one.kind == "night"]
    lessons = [one for one in group if one.kind in LESSONS]
    for question, own in ((home, by_day), (taught, lessons), (boarding, by_night)):
        for session, student, *number in ask(conn, question, ((one.id, one.school, one.class_id) for one in own)):
            found[session][student] = number[0] if number else None
    return found


def _among(conn: sa.Connection, group: Sequence[Session], only: Collection[Key]) -> dict[str, list[str]]:
    """Of a few students those on the roll of each session: asked by student, which is what there are few of."""
    kinds = {one.kind for one in group}
    homes = _by_class(ask(conn, _home_class, only))
    taught = _by_day(group, list(ask(conn, _groups, only))) if kinds.intersection(LESSONS) else {}
    asleep = {(school, student) for school, student in ask(conn, _beds, only)} if "night" in kinds else set()
    return {one.id: sorted(_own(one, homes, taught.get(one.day, {}), asleep)) for one in group}


def _own(
    session: Session, homes: dict[Key, set[str]], taught: dict[Key, set[str]], asleep: Collection[Key]
) -> set[str]:
    key = session.school, session.class_id
    if session.kind in LESSONS:
        return homes.get(key, set()) | taught.get(key, set())
    if session.kind == "night":
        return {student for student in homes.get(key, ()) if (session.school, student) in asleep}
    return homes.get(key, set())


def _by_day(group: Sequence[Session], rows: Sequence[Sequence[Any]]) -> dict[date, dict[Key, set[str]]]:
    """Teaching groups as they are on each day of the sessions."""
    return {
        day: _by_class(row[:3] for row in rows if (not row[3] or row[3] <= day) and (not row[4] or day < row[4]))
        for day in {one.day for one in group}
    }


def _by_class(rows: Iterable[Sequence[str]]) -> dict[Key, set[str]]:
    found: dict[Key, set[str]] = defaultdict(set)
    for school, class_id, student in rows:
        found[school, class_id].add(student)
    return found


# The questions --------------------------------------------------------------------------------------------------------


@cache
def _home(dialect: str) -> _Query:
    keys = _sessions(dialect)
    home = matching(keys, students.c.school, students.c.class_id)
    return sa.select(keys.c.session, students.c.id).join_from(keys, students, home).where(students.c.active)


@cache
def _boarding(dialect: str) -> _Query:
    asleep = sa.and_(boarders.c.school == students.c.school, boarders.c.student == students.c.id)
    return _home(dialect).join(boarders, asleep)


@cache
def _taught(dialect: str) -> _Query:
    keys = _sessions(dialect)
    member = sa.and_(matching(keys, enrolments.c.school, enrolments.c.class_id), enrolments.c.role == "student")
    query = sa.select(keys.c.session, students.c.id).join_from(keys, enrolments, member)
    held = query.join(students, _ENROLLED).join(sessions, sessions.c.id == keys.c.session)
    return held.where(students.c.active, *holds_on(sessions.c.day))


@cache
def _home_open(dialect: str) -> _Query:
    return _without_status(_home(dialect))


@cache
def _taught_open(dialect: str) -> _Query:
    return _without_status(_taught(dialect))


@cache
def _boarding_open(dialect: str) -> _Query:
    return _without_status(_boarding(dialect))


def _sessions(dialect: str) -> sa.FromClause:
    return asked(dialect, roll.c.session, students.c.school, students.c.class_id)


def _without_status(query: _Query) -> _Query:
    session, student = query.selected_columns
    marked = sa.and_(roll.c.session == session, roll.c.student == student)
    return query.add_columns(roll.c.number).outerjoin(roll, marked).where(roll.c.status.is_(None))


@cache
def _home_class(dialect: str) -> _Query:
    keys = asked(dialect, students.c.school, students.c.id)
    same = sa.and_(matching(keys, students.c.school, students.c.id), students.c.active)
    return sa.select(students.c.school, students.c.class_id, students.c.id).join_from(keys, students, same)


@cache
def _groups(dialect: str) -> _Query:
    keys = asked(dialect, students.c.school, students.c.id)
    same = sa.and_(matching(keys, students.c.school, students.c.id), students.c.active)
    held = enrolments.c.begins, enrolments.c.ends
    query = sa.select(enrolments.c.school, enrolments.c.class_id, students.c.id, *held).join_from(keys, students, same)
    return query.join(enrolments, _ENROLLED).where(enrolments.c.role == "student")


@cache
def _houses(dialect: str) -> _Query:
    keys = asked(dialect, boarders.c.school)
    any_ = sa.select(boarders.c.student).where(boarders.c.school == keys.c.school).exists()
    return sa.select(keys.c.school, sa.literal(1)).where(any_)


@cache
def _beds(dialect: str) -> _Query:
    keys = asked(dialect, boarders.c.school, boarders.c.student)
    here = matching(keys, boarders.c.school, boarders.c.student)
    return sa.select(boarders.c.school, boarders.c.student).join_from(keys, boarders, here)


@cache
def _vouched(dialect: str) -> _Query:
    keys = asked(dialect, roll.c.school, roll.c.student)
    at_arrival = sessions.c.day == sa.bindparam("day"), sessions.c.kind == "arrival"
    return (
        sa.select(roll.c.school, roll.c.student)
        .join_from(keys, roll, matching(keys, roll.c.school, roll.c.student))
        .join(sessions, sessions.c.id == roll.c.session)
        .where(*at_arrival, roll.c.held, roll.c.status.in_(("present", "late")))
    )
