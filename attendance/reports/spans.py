"""What reports ask of the roll: some days, one class; so that the roll's indexes answer and no year is read."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from attendance.register.tables import roll
from attendance.tables import students


def on_days(first: date, last: date) -> sa.ColumnElement[bool]:
    """Rolls of sessions from ``first`` to ``last``: a session's id is its day, a hyphen and a digest in hex."""
    return roll.c.session.between(f"{first:%Y%m%d}", f"{last:%Y%m%d}z")


def of_class(school: str, class_id: str) -> sa.ColumnElement[bool]:
    """Rolls of the active students of a class.

    Asked by the students' ids: joined, a database without statistics reads every roll of the school.
    """
    members = sa.select(students.c.id).where(
        students.c.school == school, students.c.class_id == class_id, students.c.active
    )
    return sa.and_(roll.c.school == school, roll.c.student.in_(members))
