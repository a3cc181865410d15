"""Reading the shape of a school's day from the stored bells and calendar."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from functools import cache
from typing import Any

import sqlalchemy as sa

from attendance import tables
from attendance.schoolday import ORDINARY, Bell, CalendarDay, SchoolDay, shape_of
from campus.keylists import ask, asked, matching


def school_day(conn: sa.Connection, school: str, day: date) -> SchoolDay | None:
    """The school day that ``day`` is for ``school``; None on days without school and without bells."""
    return school_days(conn, [school], day).get(school)


def school_days(conn: sa.Connection, schools: Collection[str], day: date) -> dict[str, SchoolDay]:
    """The same for several schools; those without school on ``day`` are left out."""
    entered = {row[0]: CalendarDay(*row[1:]) for row in ask(conn, _entered, ((one,) for one in schools), day=day)}
    bells = _bells(conn, schools, {ORDINARY, *(one.day_type for one in entered.values())})
    shapes = {school: shape_of(day, entered.get(school), bells.get(school, {})) for school in schools}
    return {school: shape for school, shape in shapes.items() if shape is not None}


_Bells = dict[str, list[Bell]]  # by kind of day


def _bells(conn: sa.Connection, schools: Collection[str], day_types: Collection[str]) -> dict[str, _Bells]:
    found: dict[str, _Bells] = {}
    for row in ask(conn, _rung, ((one,) for one in schools), kinds=list(day_types)):
        cells = dict(row._mapping)
        school, day_type = cells.pop("school"), cells.pop("day_type")
        found.setdefault(school, {}).setdefault(day_type, []).append(Bell(**cells))
    return found


@cache
def _entered(dialect: str) -> sa.Select[tuple[Any, ...]]:
    days = tables.calendar_days
    keys = asked(dialect, days.c.school)
    query = sa.select(days.c.school, days.c.day_type, days.c.name, days.c.follows)
    return query.join_from(keys, days, matching(keys, days.c.school)).where(days.c.day == sa.bindparam("day"))


@cache
def _rung(dialect: str) -> sa.Select[tuple[Any, ...]]:
    bells = tables.bells
    keys = asked(dialect, bells.c.school)
    query = sa.select(*(bells.c[name] for name in ("school", "day_type", *Bell.__struct_fields__)))
    of_kind = bells.c.day_type.in_(sa.bindparam("kinds", expanding=True))
    return query.join_from(keys, bells, matching(keys, bells.c.school)).where(of_kind)
