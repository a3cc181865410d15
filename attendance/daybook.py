"""Reading the shape of a school's day from the stored bells and calendar."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from attendance import tables
from attendance.schoolday import ORDINARY, Bell, CalendarDay, SchoolDay, shape_of


def school_day(conn: sa.Connection, school: str, day: date) -> SchoolDay | None:
    """The school day that ``day`` is for ``school``; None on days without school and without bells."""
    days = tables.calendar_days
    row = conn.execute(
        sa.select(days.c.day_type, days.c.name, days.c.follows).where(days.c.school == school, days.c.day == day)
    ).first()
    listed = CalendarDay(*row) if row else None
    return shape_of(day, listed, _bells(conn, school, listed.day_type if listed else ORDINARY))


def _bells(conn: sa.Connection, school: str, day_type: str) -> dict[str, list[Bell]]:
    bells = tables.bells
    columns = [bells.c[name] for name in Bell.__struct_fields__]
    query = sa.select(bells.c.day_type, *columns).where(
        bells.c.school == school, bells.c.day_type.in_({day_type, ORDINARY})
    )
    found: dict[str, list[Bell]] = {}
    for row in conn.execute(query):
        cells = dict(row._mapping)
        found.setdefault(cells.pop("day_type"), []).append(Bell(**cells))
    return found
