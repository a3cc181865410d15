"""What waits on disk until the broker has it: in order, bounded by size and age, and every drop is counted."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec

from campus.clock import to_ms
from campus.errors import Unavailable

Kind = Literal["telemetry", "event"]
Why = Literal["the spool is full", "too old"]
OVERHEAD = 120  # bytes a row costs beside its payload, about
EVICT_AT_ONCE = 64

_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL,
    stored INTEGER NOT NULL, late INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS message_by_kind ON message (kind, id);
CREATE INDEX IF NOT EXISTS message_by_lateness ON message (late, kind, id);
CREATE INDEX IF NOT EXISTS message_late_by_topic ON message (topic, id) WHERE late = 1;
CREATE TABLE IF NOT EXISTS loss (
    kind TEXT NOT NULL, reason TEXT NOT NULL, dropped INTEGER NOT NULL, PRIMARY KEY (kind, reason)
) STRICT;
"""


class Waiting(msgspec.Struct, frozen=True):
    """A message in the spool; ``late`` when it has waited through a time without a broker."""

    id: int
    topic: str
    payload: bytes
    late: bool


class Loss(msgspec.Struct, frozen=True):
    """How many messages of a kind were dropped for a reason, since losses were last reported."""

    kind: Kind
    reason: Why
    dropped: int


class Spool:
    """Store-and-forward on SQLite; may be used from several threads, by one process.

    An event survives a power cut once `put` returned; a reading survives the end of this program. When the spool is
    full, the oldest readings go first. A reading never drives out an event: it is dropped itself.
    """

    def __init__(self, path: Path, max_bytes: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.executescript(_SCHEMA)
            # What an earlier run left behind has waited, whatever the broker did meanwhile.
            self._db.execute("UPDATE message SET late = 1 WHERE late = 0")
        except sqlite3.Error as error:
            raise Unavailable(f"the spool {path}", str(error)) from None
        row = self._db.execute("SELECT count(*), coalesce(sum(length(payload)), 0) FROM message").fetchone()
        self._count = int(row[0])
        self._bytes = int(row[1]) + OVERHEAD * self._count

    def __len__(self) -> int:
        """How many messages wait."""
        return self._count

    def close(self) -> None:
        """Close the file; what waits stays in it."""
        with self._lock:
            self._db.close()

    def put(
        self, kind: Kind, topic: str, payload: bytes, now: datetime, *, late: bool, settles: Loss | None = None
    ) -> bool:
        """Keep a message; returns False when it was itself dropped (a reading, and only events are left).

        ``settles`` is a loss that this message reports: both happen in one transaction or not at all.
        """
        size = len(payload) + OVERHEAD
        with self._write(durable=kind == "event"):
            if not self._make_room(kind, size):
                self._lose(kind, "the spool is full", 1)
                return False
            values = (kind, topic, payload, to_ms(now), late)
            self._db.execute("INSERT INTO message (kind, topic, payload, stored, late) VALUES (?, ?, ?, ?, ?)", values)
            if settles is not None:
                self._settle(settles)
            self._count += 1
            self._bytes += size
        return True

    def live(self, limit: int, without: Collection[int]) -> list[Waiting]:
        """Up to ``limit`` messages that never waited for a broker, events first, ``without`` those in flight.

        An event stays back while an earlier, late one of its device is not acknowledged.
        """
        return self._chosen(
            "SELECT id FROM message AS m WHERE late = 0 AND kind = ? AND (kind = 'telemetry' OR NOT EXISTS "
            "(SELECT 1 FROM message AS e WHERE e.topic = m.topic AND e.late = 1 AND e.id < m.id)) "
            "ORDER BY id LIMIT ?",
            limit,
            without,
        )

    def late(self, limit: int, without: Collection[int]) -> list[Waiting]:
        """Up to ``limit`` messages that waited, events first and oldest first, ``without`` those in flight."""
        return self._chosen("SELECT id FROM message WHERE late = 1 AND kind = ? ORDER BY id LIMIT ?", limit, without)

    def _chosen(self, query: str, limit: int, without: Collection[int]) -> list[Waiting]:
        found: list[Waiting] = []
        for kind in ("event", "telemetry"):
            left = limit - len(found)
            if left <= 0:
                break
            with self._lock:
                ids = [row[0] for row in self._db.execute(query, (kind, left + len(without)))]
                # Only of those that are chosen is the payload read: a still has 64 KiB.
                for number in [one for one in ids if one not in without][:left]:
                    row = self._db.execute("SELECT id, topic, payload, late FROM message WHERE id = ?", (number,))
                    found += [Waiting(i, topic, payload, bool(late)) for i, topic, payload, late in row]
        return found

    def done(self, ids: Iterable[int]) -> None:
        """The broker has these messages: forget them."""
        with self._write(durable=False):
            self._delete([(number,) for number in ids])

    def broker_gone(self) -> None:
        """What is here now waits through a time without a broker."""
        with self._write(durable=False):
            self._db.execute("UPDATE message SET late = 1 WHERE late = 0")

    def expire(self, now: datetime, age: timedelta) -> None:
        """Drop what is older than ``age``."""
        with self._write(durable=False):
            for kind, count in self._db.execute(
                "SELECT kind, count(*) FROM message WHERE stored < ? GROUP BY kind", (to_ms(now - age),)
            ).fetchall():
                self._lose(kind, "too old", count)
            self._delete(self._db.execute("SELECT id FROM message WHERE stored < ?", (to_ms(now - age),)).fetchall())

    def losses(self) -> list[Loss]:
        """What was dropped and is not reported yet."""
        with self._lock:
            rows = self._db.execute("SELECT kind, reason, dropped FROM loss ORDER BY kind, reason").fetchall()
        return [Loss(*row) for row in rows]

    @contextmanager
    def _write(self, *, durable: bool) -> Iterator[None]:
        with self._lock:
            count, size = self._count, self._bytes
            # FULL makes the commit wait for the disk. Telemetry may lose its last moments in a power cut, events not.
            self._db.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                self._count, self._bytes = count, size
                raise

    def _make_room(self, kind: Kind, size: int) -> bool:
        while self._bytes + size > self._max_bytes:
            if not self._evict("telemetry", size) and (kind == "telemetry" or not self._evict("event", size)):
                return False
        return True

    def _evict(self, kind: Kind, size: int) -> bool:
        """Drop some of the oldest of a kind, no more than are needed for ``size`` bytes; False when there is none."""
        rows = self._db.execute(
            "SELECT id, length(payload) FROM message WHERE kind = ? ORDER BY id LIMIT ?", (kind, EVICT_AT_ONCE)
        ).fetchall()
        freed, chosen = self._max_bytes - self._bytes, []
        for number, length in rows:
            if freed >= size:
                break
            chosen.append((number,))
            freed += length + OVERHEAD
        self._delete(chosen)
        self._lose(kind, "the spool is full", len(chosen))
        return bool(chosen)

    def _delete(self, ids: list[tuple[int]]) -> None:
        for row in ids:
            gone = self._db.execute("DELETE FROM message WHERE id = ? RETURNING length(payload)", row).fetchone()
            if gone is not None:
                self._count -= 1
                self._bytes -= gone[0] + OVERHEAD

    def _lose(self, kind: Kind, reason: Why, count: int) -> None:
        if count:
            self._db.execute(
                "INSERT INTO loss VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET dropped = dropped + excluded.dropped",
                (kind, reason, count),
            )

    def _settle(self, loss: Loss) -> None:
        key = (loss.kind, loss.reason)
        self._db.execute("UPDATE loss SET dropped = dropped - ? WHERE kind = ? AND reason = ?", (loss.dropped, *key))
        self._db.execute("DELETE FROM loss WHERE dropped <= 0")
