"""Wakes who waits for rows another program writes: a counter of SQLite's, LISTEN and NOTIFY of PostgreSQL."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from campus.clock import Clock
from campus.watch import FileWatch

log = logging.getLogger("campus.bell")
# Reading the counter costs some microseconds, and it changes with each commit of anybody else. But to wake up for it
# 200 times a second took 2 % of a core, so where the kernel tells that the log is written nobody looks before.
LOOK_S = 0.005
STOP_S = 0.25  # so long it may take until a program that is asked to stop does
# A commit counts only when its log is safe on the disk, some milliseconds after it was written. After the writing the
# counter is looked at soon, and then less and less often until this is the time between two looks.
SOON_S, SELDOM_S = 0.001, 0.1


def ring(conn: sa.Connection, name: str) -> None:
    """Wake who waits at the bell ``name`` (a plain word) when this transaction commits.

    With SQLite there is nothing to do: every commit is seen.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(sa.select(sa.func.pg_notify(name, "")))


class Bell:
    """Waits until somebody else has committed (SQLite) or rung (PostgreSQL), and never longer than asked.

    It is a hint and no promise: whoever waits looks for rows himself, also when nothing rang. Used by one thread; when
    the database is away it is a plain wait. ``name`` is what `ring` is given.
    """

    def __init__(self, engine: sa.Engine, name: str, clock: Clock) -> None:
        self._engine, self._name, self._clock = engine, name, clock
        self._conn: sa.Connection | None = None
        self._seen = 0
        self._log: FileWatch | None = None
        self._next_s = 0.0  # until the next look after a writing; 0: nothing was written
        self._wait: Callable[[threading.Event, float], None] = {
            "sqlite": self._wait_sqlite, "postgresql": self._wait_postgresql,
        }[engine.dialect.name]  # fmt: skip

    def wait(self, stop: threading.Event, seconds: float) -> None:
        """Wait until something may have come, ``stop`` is set, or ``seconds`` are over.

        What came since the last wait counts; the first wait of all returns at once.
        """
        try:
            self._wait(stop, seconds)
        except (sa.exc.DBAPIError, self._engine.dialect.loaded_dbapi.Error) as error:
            log.debug("the bell is out of order: %s", type(error).__name__)
            self.close()
            self._clock.wait(stop, seconds)

    def close(self) -> None:
        """Give the connection back."""
        if self._conn is not None:
            self._conn.invalidate()
            self._conn.close()
        if self._log is not None:
            self._log.close()
        self._conn = self._log = None

    def _wait_sqlite(self, stop: threading.Event, seconds: float) -> None:
        if self._conn is None:
            # Autocommit: inside a transaction the counter would stand still.
            self._conn = self._engine.connect()
            self._log = _log_of(self._conn)
        while not self._counted(self._conn) and seconds > 0 and not stop.is_set():
            seconds -= self._rest(stop, seconds)

    def _counted(self, conn: sa.Connection) -> bool:
        """Whether the counter moved."""
        driver: Any = conn.connection.driver_connection  # by itself: SQLAlchemy takes ten times as long
        before, (self._seen,) = self._seen, driver.execute("PRAGMA data_version").fetchone()
        return self._seen != before

    def _rest(self, stop: threading.Event, seconds: float) -> float:
        """Let some seconds pass, until the log is written or not; how many."""
        if self._log is None:
            self._clock.wait(stop, LOOK_S)
            return LOOK_S
        if not self._next_s:
            rest = min(seconds, STOP_S)
            if not self._log.wait(rest):
                return rest
            self._next_s = SOON_S
        rest = self._next_s
        self._clock.wait(stop, rest)
        self._next_s = rest * 1.5 if rest < SELDOM_S else 0.0
        return rest

    def _wait_postgresql(self, stop: threading.Event, seconds: float) -> None:
        if self._conn is None:
            self._conn = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            self._conn.exec_driver_sql(f"LISTEN {self._name}")
            return
        driver: Any = self._conn.connection.driver_connection
        if not stop.is_set():
            next(driver.notifies(timeout=seconds, stop_after=1), None)


def _log_of(conn: sa.Connection) -> FileWatch | None:
    """What hears of writes to SQLite's log; None where there is no such log or nothing to hear of it by."""
    conn.exec_driver_sql("PRAGMA data_version").scalar_one()  # the log is there from the first look on
    try:
        return FileWatch(f"{conn.engine.url.database}-wal")
    except OSError as error:
        log.debug("SQLite's log cannot be watched: %s", error)
        return None
