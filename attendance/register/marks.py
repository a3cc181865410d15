"""The marks on paper: appended, never overwritten, with one row that says which is current."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa

from attendance.guardians import looks
from attendance.policy import Mark, Standing, Status
from attendance.register.chain import extend
from attendance.register.tables import marks, roll, sessions
from campus import changes, db
from campus.keylists import ask, asked, matching


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A mark to append: the ``number``-th of ``student`` in ``session``, a session of ``kind``.

    ``held``: it is a person's word.
    """

    session: str
    school: str
    class_id: str
    kind: str
    student: str
    number: int
    old: Status | None
    mark: Mark
    held: bool = False


def lock(conn: sa.Connection, ids: Collection[str]) -> None:
    """Keep other writers off these sessions until the transaction ends, so that no mark is decided on old ones.

    SQLite has one writer at a time anyway; PostgreSQL locks the rows, in order, so that two never wait for each other.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(sa.select(sessions.c.id).where(sessions.c.id.in_(ids)).order_by(sessions.c.id).with_for_update())


def standings(conn: sa.Connection, of: Collection[tuple[str, str]]) -> dict[tuple[str, str], Standing]:
    """The current marks of students in sessions, both ways by (session, student)."""
    return {(row.session, row.student): standing_of(row) for row in ask(conn, _current, of)}


@cache
def _current(dialect: str) -> sa.Select[tuple[Any, ...]]:
    keys = asked(dialect, roll.c.session, roll.c.student)
    current = sa.and_(
        marks.c.session == roll.c.session, marks.c.student == roll.c.student, marks.c.number == roll.c.number
    )
    columns = (marks.c[name] for name in ("session", "student", "number", *Mark.__struct_fields__))
    query = sa.select(roll.c.held, *columns)
    return query.join_from(keys, roll, matching(keys, roll.c.session, roll.c.student)).join(marks, current)


def standing_of(row: sa.Row[tuple[object, ...]]) -> Standing:
    """The standing in a row of marks joined with roll."""
    cells = row._mapping
    return Standing(Mark(**{name: cells[name] for name in Mark.__struct_fields__}), cells["number"], cells["held"])


def append(conn: sa.Connection, entries: Sequence[Entry], now: datetime) -> None:
    """Append marks, proved by a link of the chain, and make them the current ones; the live stream hears of each.

    A number that exists already breaks the primary key: the register never holds two marks under one number.
    """
    if not entries:
        return
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in entries:
        rows[entry.school].append(_row(entry, now))
    numbers = extend(conn, rows, now)
    conn.execute(marks.insert(), [{**row, "link": numbers[school]} for school, own in rows.items() for row in own])
    current = [
        {
            "session": entry.session,
            "student": entry.student,
            "school": entry.school,
            "number": entry.number,
            "status": entry.mark.status,
            "held": entry.held,
        }
        for entry in entries
    ]
    db.upsert(roll, conn, current, ["session", "student"], ["number", "status", "held"])
    looks.note(conn, _looks(entries), now)
    news = [(one.school, f"{one.session}:{one.student}", one.class_id) for one in entries]
    changes.append_rows(conn, now, "roll", news)


def _looks(entries: Sequence[Entry]) -> set[looks.Look]:
    """The students' days of marks at arrival; a session's id begins with its day."""
    arrivals = [one for one in entries if one.kind == "arrival"]
    days = {text: date.fromisoformat(text) for text in {one.session[:8] for one in arrivals}}
    return {looks.Look(one.school, one.student, days[one.session[:8]]) for one in arrivals}


def _row(entry: Entry, now: datetime) -> dict[str, Any]:
    mark = entry.mark
    return {
        "session": entry.session,
        "student": entry.student,
        "number": entry.number,
        "school": entry.school,
        "status": mark.status,
        "why": mark.why,
        "evidence": dict(mark.evidence),
        "by": mark.by,
        "reason": mark.reason,
        "at": now,
    }
