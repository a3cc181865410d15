"""The points of one series in the embedded store: their table, a stretch of them, and how many go at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import partial

from campus.series.store import Sample

DELETE_CHUNK = 20_000
# A row as a `Sample` in a third of the time that its own constructor takes.
sample: Callable[[tuple[int, float]], Sample] = partial(tuple.__new__, Sample)

SCHEMA = """
CREATE TABLE points (series INTEGER, ts INTEGER, value REAL NOT NULL, PRIMARY KEY (series, ts)) WITHOUT ROWID;
"""


def samples(conn: sqlite3.Connection, series: int | None, start: int, end: int, limit: int) -> list[Sample]:
    """The first ``limit`` of a stretch, ascending; none of a series that has no number."""
    query = "SELECT ts, value FROM points WHERE series = ? AND ts >= ? AND ts < ? ORDER BY ts LIMIT ?"
    return list(map(sample, conn.execute(query, (series, start, end, max(0, limit)))))


def reaches_before(conn: sqlite3.Connection, series: int, ts: int) -> bool:
    """Whether the series has points before ``ts``."""
    query = "SELECT EXISTS (SELECT 1 FROM points WHERE series = ? AND ts < ?)"
    return bool(conn.execute(query, (series, ts)).fetchone()[0])


def cut(conn: sqlite3.Connection, series: int, ts: int) -> int:
    """Up to where one transaction may delete on the way to ``ts``."""
    query = "SELECT ts FROM points WHERE series = ? AND ts < ? ORDER BY ts LIMIT 1 OFFSET ?"
    row = conn.execute(query, (series, ts, DELETE_CHUNK)).fetchone()
    return ts if row is None else int(row[0])
