"""Retention: what is kept how long, purged in small transactions, each run with a row that says how much."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from campus import db
from campus.tables import dead_letters, retention_runs

LIMIT = 2000  # rows in one transaction: whoever waits for the database waits a moment only
Forget = Callable[[sa.Connection, datetime, int], int]
"""Forgets at most so many rows older than a moment; returns how many it did."""


class Purge(msgspec.Struct, frozen=True):
    """One kind of data: ``what`` it is (a stable word), for how many ``days`` it is kept (0: for ever), how it goes."""

    what: str
    days: float
    forget: Forget


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What a run did with one kind of data: ``rows`` that were older than ``before``."""

    what: str
    at: datetime
    before: datetime
    rows: int


def run(engine: sa.Engine, purges: Sequence[Purge], now: datetime) -> list[Run]:
    """Forget what is due; kinds that are kept for ever are left out. Each kind's row tells of its newest run."""
    done = []
    for purge in purges:
        if purge.days <= 0:
            continue
        before = now - timedelta(days=purge.days)
        rows = _all(engine, purge, before)
        done.append(Run(what=purge.what, at=now, before=before, rows=rows))
        with db.write(engine) as conn:
            conn.execute(retention_runs.insert().values(**msgspec.structs.asdict(done[-1])))
            conn.execute(retention_runs.delete().where(retention_runs.c.at < now - timedelta(days=400)))
    return done


def due(engine: sa.Engine, purges: Sequence[Purge], now: datetime) -> list[Run]:
    """What a run would do, counted by doing it and taking it back; at most `LIMIT` of each kind are counted."""
    found = []
    for purge in purges:
        if purge.days <= 0:
            continue
        before = now - timedelta(days=purge.days)
        with db.write(engine) as conn:
            trial = conn.begin_nested()
            found.append(Run(what=purge.what, at=now, before=before, rows=purge.forget(conn, before, LIMIT)))
            trial.rollback()
    return found


def latest(conn: sa.Connection) -> dict[str, Run]:
    """The newest run of each kind of data."""
    table = retention_runs
    newest = sa.select(table.c.what, sa.func.max(table.c.id).label("id")).group_by(table.c.what).subquery()
    rows = conn.execute(sa.select(table).join(newest, newest.c.id == table.c.id))
    return {row.what: Run(what=row.what, at=row.at, before=row.before, rows=row.rows) for row in rows}


def forget_rows(conn: sa.Connection, table: sa.Table, older: sa.ColumnElement[bool], limit: int) -> int:
    """Delete at most ``limit`` rows of ``table`` that are ``older``; returns how many."""
    keys = list(table.primary_key.columns)
    some = sa.select(*keys).where(older).limit(limit)
    if len(keys) == 1:
        return conn.execute(table.delete().where(keys[0].in_(some.scalar_subquery()))).rowcount
    return conn.execute(table.delete().where(sa.tuple_(*keys).in_(some))).rowcount


def forget_dead_letters(conn: sa.Connection, before: datetime, limit: int) -> int:
    """Messages that could not be used and did not come again."""
    return forget_rows(conn, dead_letters, dead_letters.c.last_at < before, limit)


def _all(engine: sa.Engine, purge: Purge, before: datetime) -> int:
    rows = 0
    while True:
        with db.write(engine) as conn:
            some = purge.forget(conn, before, LIMIT)
        rows += some
        if some == 0:
            return rows
