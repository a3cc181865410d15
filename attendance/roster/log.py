"""The record of roster imports: when, by what, what changed, why one was refused. Rows of `roster_imports`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec
import sqlalchemy as sa

from attendance.roster.importing import RosterReport
from attendance.roster.tables import roster_imports
from campus.ids import new_id

How = Literal["command", "watched", "schedule", "console"]
State = Literal["running", "done", "unchanged", "refused", "failed"]
GOOD: tuple[State, ...] = ("done", "unchanged")
TROUBLE: tuple[State, ...] = ("refused", "failed")
_LONGEST_REASON = 8000


class ImportEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One import as it is shown: ``counts`` by kind are added, changed, removed; ``reason`` names file and line."""

    id: str
    source: str
    how: str
    state: str
    reason: str
    began_at: datetime
    ended_at: datetime | None
    schools: int
    counts: dict[str, tuple[int, int, int]]
    fields: dict[str, int]
    problems: tuple[str, ...]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How current the roster is: the last import that went through, and the trouble since, if there is any."""

    last_good: ImportEntry | None
    trouble: ImportEntry | None


def begin(conn: sa.Connection, school: str, source: str, how: How, digest: str, now: datetime) -> str:
    """Note that an import began; return its id."""
    id_ = new_id()
    row = {"id": id_, "school": school, "source": source[-200:], "how": how, "digest": digest, "began_at": now}
    empty = {"state": "running", "reason": "", "schools": 0, "counts": {}, "fields": {}, "problems": []}
    conn.execute(roster_imports.insert(), [{**row, **empty}])
    return id_


def end_well(conn: sa.Connection, id_: str, report: RosterReport, now: datetime) -> None:
    """Note what an import changed."""
    told = [*report.problems, *(["..."] if report.left_out > len(report.problems) else [])]
    values = {"counts": report.counts, "fields": report.fields, "problems": told, "schools": report.schools}
    state: State = "done" if report.changed else "unchanged"
    conn.execute(_this(id_).values(state=state, ended_at=now, **values))


def end_badly(conn: sa.Connection, id_: str, state: State, reason: str, now: datetime) -> None:
    """Note why an import changed nothing, or broke off."""
    conn.execute(_this(id_).values(state=state, reason=reason[:_LONGEST_REASON], ended_at=now))


def _this(id_: str) -> sa.Update:
    return roster_imports.update().where(roster_imports.c.id == id_)


def recent(
    conn: sa.Connection, school: str, limit: int = 50, before: tuple[datetime, str] | None = None
) -> list[ImportEntry]:
    """The newest imports first; older than the one that began at that moment with that id."""
    query = sa.select(roster_imports).where(roster_imports.c.school == school)
    if before is not None:
        at, last = before
        began = roster_imports.c.began_at
        query = query.where((began < at) | ((began == at) & (roster_imports.c.id < last)))
    rows = conn.execute(query.order_by(roster_imports.c.began_at.desc(), roster_imports.c.id.desc()).limit(limit))
    return [_entry(row) for row in rows]


def standing(conn: sa.Connection, school: str, at: datetime | None = None) -> Standing:
    """How current the roster of ``school`` is, or was ``at`` a moment."""
    by_then = (roster_imports.c.began_at <= at,) if at is not None else ()
    good = _newest(conn, school, GOOD, *by_then)
    bad = _newest(conn, school, TROUBLE, *by_then)
    if bad is not None and good is not None and (bad.began_at, bad.id) < (good.began_at, good.id):
        bad = None
    return Standing(last_good=good, trouble=bad)


def was_taken(conn: sa.Connection, school: str, source: str, digest: str) -> bool:
    """Whether this content was the last that was decided about under this name: taken or refused, not broken off."""
    newest = _newest(conn, school, (*GOOD, "refused"), roster_imports.c.source == source[-200:])
    query = sa.select(roster_imports.c.digest).where(roster_imports.c.id == newest.id) if newest else None
    return query is not None and conn.execute(query).scalar() == digest


def newest_of(conn: sa.Connection, school: str, source: str, *digests: str) -> tuple[ImportEntry | None, ...]:
    """Of a source the newest import however it ended, then for each of ``digests`` the newest one that went through."""
    own = roster_imports.c.source == source[-200:]
    good = [_newest(conn, school, GOOD, own, roster_imports.c.digest == one) for one in digests]
    return _newest(conn, school, (*GOOD, *TROUBLE, "running"), own), *good


def _newest(
    conn: sa.Connection, school: str, states: Sequence[State], *where: sa.ColumnElement[bool]
) -> ImportEntry | None:
    here = (roster_imports.c.school == school, roster_imports.c.state.in_(states), *where)
    query = sa.select(roster_imports).where(*here)
    newest = query.order_by(roster_imports.c.began_at.desc(), roster_imports.c.id.desc()).limit(1)
    row = conn.execute(newest).first()
    return _entry(row) if row else None


def _entry(row: sa.Row[tuple[object, ...]]) -> ImportEntry:
    cells = row._mapping
    plain = {name: cells[name] for name in ImportEntry.__struct_fields__ if name not in ("counts", "problems")}
    counts = {kind: (added, changed, removed) for kind, (added, changed, removed) in cells["counts"].items()}
    return ImportEntry(counts=counts, problems=tuple(cells["problems"]), **plain)
