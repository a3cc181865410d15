"""Enrolments that begin and end: who is in which home class on a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import sqlalchemy as sa

from attendance.roster.roster import STUDENT, ClassRow, EnrolmentRow, home_classes
from attendance.tables import classes, enrolments, students


def holds_on(day: date | sa.ColumnElement[date]) -> tuple[sa.ColumnElement[bool], ...]:
    """That an enrolment holds on ``day``: an end is the first day after."""
    return (
        sa.or_(enrolments.c.begins.is_(None), enrolments.c.begins <= day),
        sa.or_(enrolments.c.ends.is_(None), enrolments.c.ends > day),
    )


def follow_enrolments(conn: sa.Connection, school: str, day: date) -> int:
    """Move students whose enrolments begin or end to their home class of ``day``; return how many moved.

    A roster import decides for its own day; afterwards the days go by without one.
    """
    dated = sa.or_(enrolments.c.begins.isnot(None), enrolments.c.ends.isnot(None))
    own = (enrolments.c.school == school, enrolments.c.role == STUDENT)
    whose = set(conn.execute(sa.select(enrolments.c.person).distinct().where(*own, dated)).scalars())
    if not whose:
        return 0
    homes = _homes(conn, school, whose, day)
    known = sa.select(students.c.id, students.c.class_id).where(students.c.school == school, students.c.active)
    moved = [
        {"who": student, "home": homes.get(student)}
        for student, class_id in conn.execute(known)
        if student in whose and homes.get(student) != class_id
    ]
    if moved:
        here = (students.c.school == school, students.c.id == sa.bindparam("who"))
        conn.execute(students.update().where(*here).values(class_id=sa.bindparam("home")), moved)
    return len(moved)


def _homes(conn: sa.Connection, school: str, whose: Iterable[str], day: date) -> dict[str, str]:
    wanted = set(whose)
    kinds = sa.select(classes.c.id, classes.c.kind).where(classes.c.school == school)
    known = [ClassRow(id=id_, school=school, title="", kind=kind) for id_, kind in conn.execute(kinds)]
    columns = (enrolments.c.class_id, enrolments.c.person, enrolments.c.is_primary)
    query = sa.select(*columns).where(enrolments.c.school == school, enrolments.c.role == STUDENT, *holds_on(day))
    held = [
        EnrolmentRow(class_id=class_id, person=person, role=STUDENT, is_primary=primary)
        for class_id, person, primary in conn.execute(query)
        if person in wanted
    ]
    return dict(home_classes(known, held, day))
