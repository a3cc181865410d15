"""The embedded series store: one SQLite file, no server, durable at every batch."""

from __future__ import annotations

import math
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from operator import itemgetter
from pathlib import Path

from campus.errors import Unavailable
from campus.series import numbers as series_numbers
from campus.series import points as series_points
from campus.series import rollup as series_rollup
from campus.series.numbers import SeriesNumbers, number_of, numbers_of
from campus.series.store import (
    MAX_TS,
    Bucket,
    Place,
    Point,
    Rejected,
    Sample,
    SeriesKey,
    WriteResult,
    name_problem,
    point_problem,
    whole_buckets,
)

SCHEMA_VERSION = 1
BUSY_S = 10.0
# One statement stores this many points (SQLite allows 32,766 parameters). It matters: sqlite3 gives the GIL away at
# every step, so a step per point lets a busy thread take 5 ms per point (docs/decisions/003-time-series.md).
POINTS_PER_STATEMENT = 10_000
MARKS_REMEMBERED = 1_000_000
BREATH_S = 0.002

_SCHEMA = series_numbers.SCHEMA + series_points.SCHEMA + series_rollup.SCHEMA

_place = itemgetter(0, 1)

_LATEST = """SELECT s.metric, p.ts, p.value FROM series s JOIN points p
ON p.series = s.id AND p.ts = (SELECT max(ts) FROM points WHERE series = s.id)
WHERE s.school = ? AND s.device = ?"""


class SqliteSeries:
    """A `SeriesStore` in the file ``path``, which is made when it is absent.

    One connection writes, under a lock. Readers each borrow a connection of their own, so they wait for nobody. Other
    processes may read and write the file too.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._what = f"the series file {path}"
        self._lock = threading.Lock()
        self._idle: deque[sqlite3.Connection] = deque()
        self._numbers = SeriesNumbers()
        self._marked: set[tuple[int, int]] = set()
        self._marked_at = -1
        self._closed = False
        with self._translated():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = self._connect()
            try:
                self._create()
            except BaseException:
                self._writer.close()
                raise

    def write(self, points: Sequence[Point]) -> WriteResult:
        """Store a batch in one transaction, on the disk when this returns."""
        with self._translated(), self._lock:
            rows, rest = self._rows(points)
            if rest:
                self._number(rest)
                more, rest = self._rows(rest)
                rows += more
            if rows:
                self._store(rows)
            return WriteResult(len(rows), tuple(map(_rejected, rest)))

    def read(self, key: SeriesKey, start_ms: int, end_ms: int, limit: int = 10_000) -> list[Sample]:
        """The first ``limit`` samples of the range, ascending."""
        with self._reading() as conn:
            return series_points.samples(conn, number_of(conn, key), start_ms, end_ms, limit)

    def read_many(
        self, school: str, devices: Collection[str], metrics: Collection[str], start_ms: int, end_ms: int,
        mean_ms: int = 0, limit: int = 10_000,
    ) -> dict[Place, list[Sample]]:  # fmt: skip
        """Series by series, over one connection."""
        start, end = whole_buckets(start_ms, end_ms, mean_ms) if mean_ms else (start_ms, end_ms)
        with self._reading() as conn:
            found = {
                place: series_rollup.means(conn, series, start, end, mean_ms)[:limit]
                if mean_ms
                else series_points.samples(conn, series, start, end, limit)
                for place, series in numbers_of(conn, school, devices, metrics).items()
            }
        return {place: samples for place, samples in found.items() if samples}

    def aggregate(self, key: SeriesKey, start_ms: int, end_ms: int, every_ms: int) -> list[Bucket]:
        """Whole buckets: from roll-ups for multiples of a minute or an hour, else from the points."""
        start, end = whole_buckets(start_ms, end_ms, every_ms)
        with self._reading() as conn:
            series = number_of(conn, key)
            return [] if series is None else series_rollup.buckets(conn, series, start, end, every_ms)

    def latest(self, school: str, device: str) -> dict[str, Sample]:
        """The newest sample of each metric of a device."""
        with self._reading() as conn:
            return {metric: Sample(ts, value) for metric, ts, value in conn.execute(_LATEST, (school, device))}

    def delete_before(self, ts_ms: int) -> int:
        """Forget older points and their roll-ups, in small transactions; how many points. The file keeps its size and
        fills the room again.
        """
        with self._reading() as conn:
            ids = [series for (series,) in conn.execute("SELECT id FROM series")]
            old = [series for series in ids if series_points.reaches_before(conn, series, ts_ms)]
        return sum(self._shorten(series, ts_ms) for series in old)

    def rollup(self, now_ms: int) -> int:
        """Compute the stale minutes and hours that ended by ``now_ms``, in small transactions; how many."""
        done = 0
        while True:
            with self._writing() as conn:
                count = series_rollup.roll(conn, now_ms)
            if not count:
                return done
            done += count
            # A lock has no queue: without a pause this loop could keep a waiting batch out for as long as it runs.
            time.sleep(BREATH_S)

    def ping(self) -> None:
        """Take the write lock and give it back; raises `Unavailable` with the fix when that fails."""
        with self._writing():
            pass

    def close(self) -> None:
        """Close every connection; the last one folds the write-ahead log into the file."""
        with self._lock:
            self._closed = True
            while self._idle:
                self._idle.pop().close()
            self._writer.close()

    def _connect(self) -> sqlite3.Connection:
        # Lent to one thread at a time, which is all that SQLite asks.
        conn = sqlite3.connect(self._path, BUSY_S, isolation_level=None, check_same_thread=False, cached_statements=16)
        # A batch changes one page of every series in it, so small pages make a small log. Only a new file takes this.
        conn.execute("PRAGMA page_size = 2048")
        conn.execute("PRAGMA journal_mode = WAL")
        # NORMAL would lose the newest batches, already acknowledged to the broker, when the power fails.
        conn.execute("PRAGMA synchronous = FULL")
        conn.execute("PRAGMA wal_autocheckpoint = 8000")
        conn.execute("PRAGMA journal_size_limit = 67108864")
        conn.execute("PRAGMA cache_size = -65536")
        conn.execute("PRAGMA temp_store = MEMORY")
        return conn

    def _create(self) -> None:
        with self._writing() as conn:
            version = conn.execute("PRAGMA user_version").fetchone()[0]
            if version > SCHEMA_VERSION:
                raise Unavailable(self._what, f"it was written by a newer version ({version}). Update this program")
            if version == 0:
                # executescript would commit first; this way a half-made file cannot be left behind.
                for statement in filter(str.strip, _SCHEMA.split(";\n")):
                    conn.execute(statement)
                conn.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _rows(self, points: Sequence[Point]) -> tuple[list[tuple[int, int, float]], list[Point]]:
        """What can be stored, and the points of unknown series or that no store takes. Costs as little as it may: this
        is done for each value that a school measures.
        """
        numbers, finite = self._numbers.known, math.isfinite
        rows: list[tuple[int, int, float]] = []
        rest: list[Point] = []
        for point in points:
            school, device, metric, ts, value = point
            series = numbers.get((school, device, metric))
            if series is not None and 0 <= ts <= MAX_TS and finite(value):
                rows.append((series, ts, value))
            else:
                rest.append(point)
        return rows, rest

    def _number(self, points: Sequence[Point]) -> None:
        if new := self._numbers.missing(points):
            # A transaction of its own: what is remembered of it is durable, whatever becomes of the points.
            with self._transaction() as conn:
                found = self._numbers.add(conn, new)
            self._numbers.remember(found)

    def _store(self, rows: list[tuple[int, int, float]]) -> None:
        minutes = {(series, ts - ts % series_rollup.MINUTE) for series, ts, _ in rows}
        # Neighbours in the file next to each other; stable, so that the last of two writes of a moment still wins.
        rows.sort(key=_place)
        with self._transaction() as conn:
            if (cleared := series_rollup.clearings(conn)) != self._marked_at or len(self._marked) > MARKS_REMEMBERED:
                self._marked.clear()
                self._marked_at = cleared
            new = minutes - self._marked
            series_rollup.mark_stale(conn, new)
            for at in range(0, len(rows), POINTS_PER_STATEMENT):
                part = rows[at : at + POINTS_PER_STATEMENT]
                values = ",".join(["(?,?,?)"] * len(part))
                conn.execute(f"INSERT OR REPLACE INTO points VALUES {values}", list(chain.from_iterable(part)))  # noqa: S608
        self._marked |= new

    def _shorten(self, series: int, ts_ms: int) -> int:
        deleted = 0
        while True:
            with self._writing() as conn:
                if not series_points.reaches_before(conn, series, ts_ms):
                    return deleted
                upto = series_points.cut(conn, series, ts_ms)
                deleted += conn.execute("DELETE FROM points WHERE series = ? AND ts < ?", (series, upto)).rowcount
                series_rollup.forget_before(conn, series, upto)
            time.sleep(BREATH_S)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._translated(), self._lock, self._transaction() as conn:
            yield conn

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            yield self._writer
            self._writer.execute("COMMIT")
        except BaseException:
            # A full disk makes SQLite roll back by itself.
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            raise

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._translated():
            conn = self._borrow()
            try:
                yield conn
            finally:
                self._idle.append(conn)
                if self._closed:
                    conn.close()

    def _borrow(self) -> sqlite3.Connection:
        if self._closed:
            raise Unavailable(self._what, "it was closed. Open the store again")
        try:
            return self._idle.pop()
        except IndexError:
            return self._connect()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(self._what, f"{error}. {_fix(str(error))}") from error


def _rejected(point: Point) -> Rejected:
    problem = name_problem(point.school, point.device, point.metric) or point_problem(point.ts, point.value)
    return Rejected(point, problem or "the series could not be made")


def _fix(problem: str) -> str:
    """What to do about an error of SQLite's, told by the words it uses."""
    for word, fix in (
        ("locked", "Another program holds it for long: end that program"),
        ("full", "Free disk space"),
        ("readonly", "Make the file and its folder writable for this user"),
        ("unable to open", "Make its folder readable and writable for this user"),
        ("not a database", "Set series.path to another file, or put a backup in its place"),
        ("malformed", "Put a backup in its place, or move it away to start afresh"),
    ):
        if word in problem:
            return fix
    return "Look at the disk and the permissions of the file"
