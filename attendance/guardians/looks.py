"""Whose day a guardian may want to hear of: noted in the transaction of the change, looked at afterwards."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa

from attendance.guardians.tables import guardian_looks, guardian_wishes
from attendance.roster.tables import guardian_links
from campus import db
from campus.keylists import ask, asked, matching

AT_ONCE = 200  # looks of one transaction


class Look(msgspec.Struct, frozen=True, order=True):
    """A student's day that is to be looked at."""

    school: str
    student: str
    day: date


def note(conn: sa.Connection, changed: Collection[Look], now: datetime) -> None:
    """Note days that changed, in the caller's transaction; those of students whose guardians want nothing are not.

    A day that is noted already is looked at once.
    """
    heard = {(school, student) for school, student in ask(conn, _heard, ((one.school, one.student) for one in changed))}
    rows = [
        {**msgspec.structs.asdict(one), "due_at": now} for one in sorted(changed) if (one.school, one.student) in heard
    ]
    db.upsert(guardian_looks, conn, rows, ["school", "student", "day"], ["due_at"])


@cache
def _heard(dialect: str) -> sa.Select[tuple[Any, ...]]:
    """The students of whom some guardian wants to hear something."""
    keys = asked(dialect, guardian_links.c.school, guardian_links.c.student)
    wishing = sa.and_(
        guardian_wishes.c.school == guardian_links.c.school, guardian_wishes.c.guardian == guardian_links.c.guardian
    )
    mine = matching(keys, guardian_links.c.school, guardian_links.c.student)
    query = sa.select(guardian_links.c.school, guardian_links.c.student).distinct()
    return query.join_from(keys, guardian_links, mine).join(guardian_wishes, wishing)


def claim(conn: sa.Connection, now: datetime) -> list[Look]:
    """Take out what is due to be looked at, at most `AT_ONCE`; each look is handed to one caller only."""
    columns = [guardian_looks.c[name] for name in Look.__struct_fields__]
    due = sa.select(*columns).where(guardian_looks.c.due_at <= now).order_by(guardian_looks.c.due_at).limit(AT_ONCE)
    found = [Look(**row._mapping) for row in conn.execute(due.with_for_update(skip_locked=True))]
    _forget(conn, found)
    return found


def is_due(conn: sa.Connection, now: datetime) -> bool:
    """Whether `claim` would find something."""
    due = sa.select(guardian_looks.c.day).where(guardian_looks.c.due_at <= now).limit(1)
    return conn.execute(due).first() is not None


def _forget(conn: sa.Connection, looks: Iterable[Look]) -> None:
    names = ("school", "student", "day")
    gone = guardian_looks.delete().where(*(guardian_looks.c[name] == sa.bindparam(f"the_{name}") for name in names))
    rows = [{f"the_{name}": getattr(one, name) for name in names} for one in looks]
    if rows:
        conn.execute(gone, rows)
