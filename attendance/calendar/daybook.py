"""Reading the shape of a school's day from the stored bells and calendar."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from functools import cache
from typing import Any

import sqlalchemy as sa

from attendance import tables
from attendance.calendar.schoolday import ORDINARY, SAID_BY, Bell, CalendarDay, SchoolDay, shape_of
from attendance.calendar.weeks import Term
from attendance.roster.tables import terms
from campus.keylists import ask, asked, matching


def school_day(conn: sa.Connection, school: str, day: date) -> SchoolDay | None:
    """The school day that ``day`` is for ``school``; None on days without school and without bells."""
    return school_days(conn, [school], day).get(school)


def school_days(conn: sa.Connection, schools: Collection[str], day: date) -> dict[str, SchoolDay]:
    """The same for several schools; those without school on ``day`` are left out."""
    entered = listed_days(conn, schools, day)
    bells = _bells(conn, schools, {ORDINARY, *(one.day_type for one in entered.values())})
    known = terms_of(conn, schools)
    shapes = {
        school: shape_of(day, entered.get(school), bells.get(school, {}), known.get(school, ())) for school in schools
    }
    return {school: shape for school, shape in shapes.items() if shape is not None}


def listed_days(conn: sa.Connection, schools: Collection[str], day: date) -> dict[str, CalendarDay]:
    """What the calendar says of ``day``: the school's own word, or else a feed's, or else the official one."""
    rows = [tuple(row) for row in ask(conn, _entered, ((one,) for one in schools), day=day)]
    rows.sort(key=lambda row: SAID_BY.index(row[1]), reverse=True)
    return {school: CalendarDay(*rest) for school, _, *rest in rows}


def terms_of(conn: sa.Connection, schools: Collection[str]) -> dict[str, list[Term]]:
    """The terms of several schools."""
    found: dict[str, list[Term]] = {}
    for row in ask(conn, _terms, ((one,) for one in schools)):
        cells = dict(row._mapping)
        found.setdefault(cells.pop("school"), []).append(Term(**cells))
    return found


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
    query = sa.select(days.c.school, days.c.said_by, days.c.day_type, days.c.name, days.c.follows)
    return query.join_from(keys, days, matching(keys, days.c.school)).where(days.c.day == sa.bindparam("day"))


@cache
def _terms(dialect: str) -> sa.Select[tuple[Any, ...]]:
    keys = asked(dialect, terms.c.school)
    query = sa.select(terms.c.school, *(terms.c[name] for name in Term.__struct_fields__))
    return query.join_from(keys, terms, matching(keys, terms.c.school))


@cache
def _rung(dialect: str) -> sa.Select[tuple[Any, ...]]:
    bells = tables.bells
    keys = asked(dialect, bells.c.school)
    query = sa.select(*(bells.c[name] for name in ("school", "day_type", *Bell.__struct_fields__)))
    of_kind = bells.c.day_type.in_(sa.bindparam("kinds", expanding=True))
    return query.join_from(keys, bells, matching(keys, bells.c.school)).where(of_kind)
