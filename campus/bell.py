"""Wakes who waits for rows another program writes: a counter of SQLite's, LISTEN and NOTIFY of PostgreSQL."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from campus.clock import Clock

log = logging.getLogger("campus.bell")
# Reading the counter costs some microseconds, and it changes with each commit of anybody else.
LOOK_S = 0.005


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
        self._wait: Callable[[threading.Event, float], None] = {
            "sqlite": self._wait_sqlite, "postgresql": self._wait_postgresql,
        }[engine.dialect.name]  # fmt: skip

    def wait(self, stop: threading.Event, seconds: float) -> None:
        """Wait until something may have come, ``stop`` is set, or ``seconds`` are over.

        What came since the last wait counts; the first wait of all returns at once.
        """
        try:
            self._wait(stop, seconds)
        except sa.exc.DBAPIError as error:
            log.debug("the bell is out of order: %s", type(error).__name__)
            self.close()
            self._clock.wait(stop, seconds)

    def close(self) -> None:
        """Give the connection back."""
        if self._conn is not None:
            self._conn.invalidate()
            self._conn.close()
        self._conn = None

    def _wait_sqlite(self, stop: threading.Event, seconds: float) -> None:
        if self._conn is None:
            # Autocommit: inside a transaction the counter would stand still.
            self._conn = self._engine.connect()
        for _ in range(max(1, round(seconds / LOOK_S))):
            version = self._conn.exec_driver_sql("PRAGMA data_version").scalar_one()
            if version != self._seen:
                self._seen = version
                return
            if self._clock.wait(stop, LOOK_S):
                return

    def _wait_postgresql(self, stop: threading.Event, seconds: float) -> None:
        if self._conn is None:
            self._conn = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            self._conn.exec_driver_sql(f"LISTEN {self._name}")
            return
        driver: Any = self._conn.connection.driver_connection
        try:
            if not stop.is_set():
                next(driver.notifies(timeout=seconds, stop_after=1), None)
        except self._engine.dialect.loaded_dbapi.Error as error:
            raise sa.exc.DBAPIError("LISTEN", None, error) from None
