"""Readings to the series store; while it is down they wait in the database and are drained when it returns."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

import msgspec
import sqlalchemy as sa

from campus import db
from campus.errors import Unavailable
from campus.series.store import Point, Rejected, SeriesStore, WriteResult
from campus.tables import series_spool
from ingest import deadletters
from ingest.counters import POINTS, RETRIES, SPOOLED
from ingest.door import DeadLetter

log = logging.getLogger("ingest.sink")

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Point]).decode


def letter_of(rejected: Rejected) -> DeadLetter:
    """A point that the series store refuses for ever, as a dead letter."""
    school, device, metric, ts, value = rejected.point
    payload = msgspec.json.encode({"ts": ts, "values": {metric: str(value)}})
    return DeadLetter(f"series/{school}/{device}", payload, "series refused", rejected.reason)


class SeriesSink:
    """Writes points beside the relational transaction.

    Once a write failed the store counts as down: `spool` then keeps points in the database, in the same transaction as
    everything else of their batch, and `drain` brings them home later. Points are idempotent by (series, ts), so
    order and repetition do no harm.
    """

    def __init__(self, store: SeriesStore, engine: sa.Engine) -> None:
        self._store = store
        self._engine = engine
        self._beside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ingest.series")
        self.down = False

    def start(self, points: Sequence[Point]) -> Future[WriteResult] | None:
        """Begin to write; None when there is nothing to write or the store is known to be down."""
        return self._beside.submit(self._store.write, points) if points and not self.down else None

    def finish(self, writing: Future[WriteResult]) -> tuple[Rejected, ...]:
        """Wait until the points are durable; return those refused for ever. Raises `Unavailable`: spool them."""
        try:
            result = writing.result()
        except Unavailable as error:
            if not self.down:
                log.warning("the series store is down; points wait in the database: %s", error)
            self.down = True
            RETRIES.labels("series").inc()
            raise
        POINTS.labels("stored").inc(result.accepted)
        if result.rejected:
            POINTS.labels("rejected").inc(len(result.rejected))
        return result.rejected

    def spool(self, conn: sa.Connection, points: Sequence[Point], now: datetime) -> None:
        """Keep points in the database, inside the caller's transaction."""
        if points:
            conn.execute(series_spool.insert().values(at=now, points=_encode(points)))
            POINTS.labels("spooled").inc(len(points))

    def drain(self, at_most: int = 200) -> int:
        """Bring up to ``at_most`` spooled batches home, oldest first; return how many. Called by a timer."""
        with db.read(self._engine) as conn:
            oldest = sa.select(series_spool.c.id, series_spool.c.at, series_spool.c.points).order_by(series_spool.c.id)
            rows = conn.execute(oldest.limit(at_most)).all()
            waiting = conn.execute(sa.select(sa.func.count()).select_from(series_spool)).scalar_one()
        SPOOLED.set(waiting)
        done = 0
        try:
            if not rows and self.down:
                self._store.ping()
            for row in rows:
                result = self._store.write(_decode(row.points))
                with db.write(self._engine) as conn:
                    deadletters.bury(conn, map(letter_of, result.rejected), row.at)
                    conn.execute(series_spool.delete().where(series_spool.c.id == row.id))
                done += 1
        except Unavailable:
            return done
        if self.down and done == waiting:
            log.info("the series store is back; %d batches drained", done)
            self.down = False
        return done

    def close(self) -> None:
        """Wait for a write under way."""
        self._beside.shutdown(wait=True)
