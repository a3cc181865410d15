"""Programs say that they live, a row each, so that a person sees the one that does not."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from campus import __version__, db
from campus.clock import Clock, SystemClock
from campus.tables import program_beats

EVERY_S = 30.0
FORGOTTEN = timedelta(days=7)  # a program that was taken out of service, or a partition that is no more


class Heartbeat:
    """The beat of one program; by the wall's clock also where the platform's runs fast."""

    def __init__(self, engine: sa.Engine, program: str, wall: Clock | None = None) -> None:
        self._engine = engine
        self._program = program
        self._wall = wall or SystemClock()
        self._started_at = self._wall.now()

    def step(self) -> None:
        """Say so now, and forget programs that have not for a week."""
        now = self._wall.now()
        row = {"program": self._program, "version": __version__, "started_at": self._started_at, "beat_at": now}
        with db.write(self._engine) as conn:
            db.upsert(program_beats, conn, [row], ["program"], ["version", "started_at", "beat_at"])
            conn.execute(program_beats.delete().where(program_beats.c.beat_at < now - FORGOTTEN))
