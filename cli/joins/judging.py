"""Judges devices in the background, each again after ten minutes, so that lists show their health.

Where a machine cannot keep up with so many, each waits longer for its turn.
"""

from __future__ import annotations

import logging
import time
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby

import sqlalchemy as sa

from campus import db
from campus.clock import Clock, to_ms
from campus.errors import Unavailable
from campus.series.store import Point, SeriesStore
from campus.settings import Settings
from cli.joins.gate_rush import rush_of
from devices.health import judgements
from devices.health.clock import OFFSET
from devices.health.finding import Health
from devices.health.judge import school_health
from devices.health.judgements import Turn
from devices.registry import Registry

log = logging.getLogger("cli.joins.judging")
AGAIN = timedelta(minutes=10)
SLOW_AGAIN = timedelta(hours=1)  # what moves in days: drift, the end of a battery, its wear
EVERY_S = 5.0
MOST = 500
BUDGET_S = 1.0  # of five seconds: the machine is not held up


class Judging:
    """The judging side; `step` is called again and again from one thread."""

    def __init__(self, settings: Settings, engine: sa.Engine, series: SeriesStore, registry: Registry, clock: Clock):
        self._zone = settings.school.zone
        self._rush = rush_of(self._zone)
        self._engine = engine
        self._series = series
        self._registry = registry
        self._clock = clock
        self._down = False

    def step(self) -> int:
        """Judge whose turn it is, for about `BUDGET_S`; returns how many. The rest comes with the next step."""
        now, until = self._clock.now(), time.monotonic() + BUDGET_S
        found: dict[str, dict[str, Health]] = {}
        points: list[Point] = []
        with db.read(self._engine) as conn:
            turns = judgements.whose_turn(conn, self._registry.schools(), now - AGAIN, MOST)
            for school, its in groupby(turns, key=lambda turn: turn.school):
                if time.monotonic() >= until or (judged := self._judge(conn, school, list(its), now)) is None:
                    break
                found.setdefault(school, {}).update(judged)
                offsets = judgements.clock_offsets(conn, school, list(judged))
                points += [Point(school, device, OFFSET, to_ms(now), float(ms)) for device, ms in offsets.items()]
        if found:
            self._series.write(points)
            with db.write(self._engine) as conn:
                judgements.keep(conn, found, now)
        return sum(map(len, found.values()))

    def _judge(
        self, conn: sa.Connection, school: str, turns: Sequence[Turn], now: datetime
    ) -> Mapping[str, Health] | None:
        """What is found of devices of a school; None while the series store is down."""
        which = [turn.device for turn in turns]
        before = {turn.device: turn.health for turn in turns if turn.health is not None and not _slow_too(turn, now)}
        try:
            judged = school_health(conn, self._series, school, which, now, self._zone, self._rush, before)
        except Unavailable as error:
            if not self._down:
                log.warning("devices cannot be judged while the series store is down: %s", error)
            self._down = True
            return None
        self._down = False
        return judged


def _slow_too(turn: Turn, now: datetime) -> bool:
    """Whether an hour began since the device was judged: each school has its own, so that not all come at once."""
    hour = SLOW_AGAIN / timedelta(milliseconds=1)
    shift = zlib.crc32(turn.school.encode()) % hour
    return turn.judged_at is None or (to_ms(now) + shift) // hour != (to_ms(turn.judged_at) + shift) // hour
