"""Minute and hour roll-ups of the embedded series store, right under late and repeated data.

A bucket whose points changed is *stale* until it is computed again from the points. What answers a question takes
fresh buckets from the roll-ups and the points of stale ones, so an answer never depends on when `roll` last ran.
A stale minute always lies in a stale hour, which is why an hour may be computed from fresh minutes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from campus.series.points import sample
from campus.series.store import Bucket, Sample

MINUTE = 60_000
HOUR = 60 * MINUTE
# Buckets computed in one transaction: at one reading a second, some 30 ms in which no batch can be written.
CHUNK = 1000

SCHEMA = """
CREATE TABLE rollup (
    width INTEGER, series INTEGER, ts INTEGER, count INTEGER, total REAL, low REAL, high REAL,
    PRIMARY KEY (width, series, ts)
) WITHOUT ROWID;
CREATE TABLE stale (width INTEGER, series INTEGER, ts INTEGER, PRIMARY KEY (width, series, ts)) WITHOUT ROWID;
-- Counts the times that stale buckets were taken away, so that a writer knows that its memory of them is out of date.
CREATE TABLE cleared (times INTEGER);
INSERT INTO cleared VALUES (0);
"""

_RAW = """SELECT ts, 1 AS count, value AS total, value AS low, value AS high FROM points
WHERE series = :series AND ts >= :start AND ts < :end"""

_OF_STALE_MINUTES = """SELECT p.ts, 1, p.value, p.value, p.value
FROM stale s CROSS JOIN points p ON p.series = s.series AND p.ts >= s.ts AND p.ts < s.ts + 60000
WHERE s.width = 60000 AND s.series = :series AND s.ts >= :start AND s.ts < :end"""

_FRESH_MINUTES = """SELECT ts, count, total, low, high FROM rollup r
WHERE width = 60000 AND series = :series AND ts >= :start AND ts < :end
AND NOT EXISTS (SELECT 1 FROM stale s WHERE s.width = 60000 AND s.series = r.series AND s.ts = r.ts)"""

_FRESH_MINUTES_OF_STALE_HOURS = """SELECT r.ts, r.count, r.total, r.low, r.high
FROM stale h CROSS JOIN rollup r
    ON r.width = 60000 AND r.series = h.series AND r.ts >= h.ts AND r.ts < h.ts + 3600000
WHERE h.width = 3600000 AND h.series = :series AND h.ts >= :start AND h.ts < :end
AND NOT EXISTS (SELECT 1 FROM stale s WHERE s.width = 60000 AND s.series = r.series AND s.ts = r.ts)"""

_FRESH_HOURS = """SELECT ts, count, total, low, high FROM rollup r
WHERE width = 3600000 AND series = :series AND ts >= :start AND ts < :end
AND NOT EXISTS (SELECT 1 FROM stale s WHERE s.width = 3600000 AND s.series = r.series AND s.ts = r.ts)"""


def _ask(columns: str, every: int) -> str:
    """The question for ``columns`` of each bucket, to the coarsest roll-up that fits buckets of ``every`` ms."""
    sources: tuple[str, ...] = (_RAW,)
    if every % MINUTE == 0:
        sources = (_FRESH_MINUTES, _OF_STALE_MINUTES)
    if every % HOUR == 0:
        sources = (_FRESH_HOURS, _FRESH_MINUTES_OF_STALE_HOURS, _OF_STALE_MINUTES)
    union = " UNION ALL ".join(sources)
    return f"SELECT ts / :every * :every AS bucket, {columns} FROM ({union}) GROUP BY bucket ORDER BY bucket"  # noqa: S608  only constants


_COMPUTE_MINUTES = """INSERT OR REPLACE INTO rollup
SELECT 60000, d.series, d.ts, count(*), sum(p.value), min(p.value), max(p.value)
FROM temp.due d CROSS JOIN points p ON p.series = d.series AND p.ts >= d.ts AND p.ts < d.ts + 60000
GROUP BY d.series, d.ts"""

_COMPUTE_HOURS = """INSERT OR REPLACE INTO rollup
SELECT 3600000, d.series, d.ts, sum(m.count), sum(m.total), min(m.low), max(m.high)
FROM temp.due d CROSS JOIN rollup m
    ON m.width = 60000 AND m.series = d.series AND m.ts >= d.ts AND m.ts < d.ts + 3600000
GROUP BY d.series, d.ts"""


def buckets(conn: sqlite3.Connection, series: int, start: int, end: int, every: int) -> list[Bucket]:
    """Buckets of ``every`` ms from ``start`` to ``end`` (whole buckets)."""
    query = _ask("sum(count), sum(total) / sum(count), min(low), max(high)", every)
    rows = conn.execute(query, {"series": series, "start": start, "end": end, "every": every})
    return [Bucket(*row) for row in rows]


def means(conn: sqlite3.Connection, series: int, start: int, end: int, every: int) -> list[Sample]:
    """The means alone of the same buckets, for half the work."""
    query = _ask("sum(total) / sum(count)", every)
    rows = conn.execute(query, {"series": series, "start": start, "end": end, "every": every})
    return list(map(sample, rows))


def clearings(conn: sqlite3.Connection) -> int:
    """How often stale marks were taken away; a writer that sees a new figure forgets which marks it has set."""
    return int(conn.execute("SELECT times FROM cleared").fetchone()[0])


def note_cleared(conn: sqlite3.Connection) -> None:
    """Tell every writer that stale marks were taken away in this transaction."""
    conn.execute("UPDATE cleared SET times = times + 1")


def mark_stale(conn: sqlite3.Connection, minutes: Iterable[tuple[int, int]]) -> None:
    """Mark minutes, given as (series, start), and the hours they lie in as stale."""
    rows = [(MINUTE, series, ts) for series, ts in minutes]
    rows += {(HOUR, series, ts - ts % HOUR) for _, series, ts in rows}
    for at in range(0, len(rows), CHUNK):
        part = rows[at : at + CHUNK]
        values = ",".join(["(?,?,?)"] * len(part))
        conn.execute(f"INSERT OR IGNORE INTO stale VALUES {values}", [field for row in part for field in row])  # noqa: S608


def roll(conn: sqlite3.Connection, now: int, limit: int = CHUNK) -> int:
    """Compute up to ``limit`` stale buckets that ended by ``now``, in a transaction; how many."""
    for width, compute in ((MINUTE, _COMPUTE_MINUTES), (HOUR, _COMPUTE_HOURS)):
        if count := _claim(conn, width, now, limit):
            conn.execute(compute)
            conn.execute(
                "DELETE FROM stale WHERE width = ? AND (series, ts) IN (SELECT series, ts FROM temp.due)", (width,)
            )
            note_cleared(conn)
            return count
    return 0


def _claim(conn: sqlite3.Connection, width: int, now: int, limit: int) -> int:
    conn.execute("CREATE TEMP TABLE IF NOT EXISTS due (series INTEGER, ts INTEGER, PRIMARY KEY (series, ts))")
    conn.execute("DELETE FROM temp.due")
    claimed = conn.execute(
        "INSERT INTO temp.due SELECT series, ts FROM stale WHERE width = ? AND ts <= ? LIMIT ?",
        (width, now - width, limit),
    )
    return claimed.rowcount


def forget_before(conn: sqlite3.Connection, series: int, ts: int) -> None:
    """After the points of ``series`` before ``ts`` were deleted: drop their buckets, and mark the cut ones as stale."""
    for width in (MINUTE, HOUR):
        conn.execute("DELETE FROM rollup WHERE width = ? AND series = ? AND ts < ?", (width, series, ts))
        conn.execute("DELETE FROM stale WHERE width = ? AND series = ? AND ts < ?", (width, series, ts - ts % width))
    mark_stale(conn, [(series, ts - ts % MINUTE)])
    note_cleared(conn)
