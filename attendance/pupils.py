"""Who is on the roll of a session: the home class, the teaching group, or the class's boarders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from attendance.due import Session
from attendance.tables import boarders, enrolments, roll, sessions, students

_LESSONS = ("lesson", "lab")


def pupils_of(
    conn: sa.Connection, school: str, group: Sequence[Session], only: Collection[str] | None = None
) -> dict[str, list[str]]:
    """The active students on the roll of each session of ``group``, by session id; ``only`` some if so asked."""
    homes = _home(conn, school, {one.class_id for one in group}, only)
    taught = _enrolled(conn, school, {one.class_id for one in group if one.kind in _LESSONS}, only)
    everyone = {student for own in homes.values() for student in own}
    asleep = _boarding(conn, school, everyone) if any(one.kind == "night" for one in group) else set()
    found = {}
    for one in group:
        own = homes.get(one.class_id, set())
        if one.kind in _LESSONS:
            own = own | taught.get(one.class_id, set())
        elif one.kind == "night":
            own = own & asleep
        found[one.id] = sorted(own)
    return found


def without_status(conn: sa.Connection, pupils: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """``pupils``, by session, less those who have a status there."""
    query = sa.select(roll.c.session, roll.c.student).where(roll.c.session.in_(pupils), roll.c.status.isnot(None))
    settled = {(session, student) for session, student in conn.execute(query)}
    return {session: [one for one in own if (session, one) not in settled] for session, own in pupils.items()}


def vouched_for(conn: sa.Connection, school: str, day: date, of: Collection[str]) -> set[str]:
    """Who of the students ``of`` a person said to be here, at arrival."""
    query = (
        sa.select(roll.c.student)
        .join_from(roll, sessions, sessions.c.id == roll.c.session)
        .where(
            sessions.c.school == school,
            sessions.c.day == day,
            sessions.c.kind == "arrival",
            roll.c.student.in_(of),
            roll.c.held,
            roll.c.status.in_(("present", "late")),
        )
    )
    return set(conn.execute(query).scalars())


def _home(conn: sa.Connection, school: str, of: Collection[str], only: Collection[str] | None) -> dict[str, set[str]]:
    query = sa.select(students.c.class_id, students.c.id).where(
        students.c.school == school, students.c.class_id.in_(of), students.c.active
    )
    if only is not None:
        query = query.where(students.c.id.in_(only))
    return _sets(conn, query)


def _enrolled(
    conn: sa.Connection, school: str, of: Collection[str], only: Collection[str] | None
) -> dict[str, set[str]]:
    if not of:
        return {}
    same = sa.and_(students.c.school == enrolments.c.school, students.c.id == enrolments.c.person)
    query = (
        sa.select(enrolments.c.class_id, enrolments.c.person)
        .join_from(enrolments, students, same)
        .where(
            enrolments.c.school == school,
            enrolments.c.class_id.in_(of),
            enrolments.c.role == "student",
            students.c.active,
        )
    )
    if only is not None:
        query = query.where(enrolments.c.person.in_(only))
    return _sets(conn, query)


def _boarding(conn: sa.Connection, school: str, of: Collection[str]) -> set[str]:
    query = sa.select(boarders.c.student).where(boarders.c.school == school, boarders.c.student.in_(of))
    return set(conn.execute(query).scalars())


def _sets(conn: sa.Connection, query: sa.Select[tuple[Any, ...]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for class_id, student in conn.execute(query):
        found[class_id].add(student)
    return found
