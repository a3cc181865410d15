"""Judges devices in the background, each again after ten minutes, so that lists show their health."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from datetime import timedelta

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
from devices.health.judge import Means, device_health
from devices.registry import Registry

log = logging.getLogger("cli.joins.judging")
AGAIN = timedelta(minutes=10)
EVERY_S = 5.0
MOST = 200
BUDGET_S = 1.0  # of five seconds: in a city a device waits longer for its turn, the machine is not held up


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
        """Judge whose turn it is, for `BUDGET_S` at most; returns how many. The rest comes with the next step."""
        now, until = self._clock.now(), time.monotonic() + BUDGET_S
        found: dict[str, dict[str, Health]] = defaultdict(dict)
        read: Means = {}
        with db.read(self._engine) as conn:
            turns = judgements.whose_turn(conn, self._registry.schools(), now - AGAIN, MOST)
            for school, device in turns:
                if time.monotonic() >= until:
                    break
                try:
                    health = device_health(conn, self._series, school, device, now, self._zone, self._rush, read)
                except Unavailable as error:
                    if not self._down:
                        log.warning("devices cannot be judged while the series store is down: %s", error)
                    self._down = True
                    break
                self._down = False
                found[school][device] = health
            points = [
                Point(school, device, OFFSET, to_ms(now), float(offset))
                for school, judged in found.items()
                for device, offset in judgements.clock_offsets(conn, school, list(judged)).items()
            ]
        if found:
            self._series.write(points)
            with db.write(self._engine) as conn:
                for school, judged in found.items():
                    judgements.keep(conn, school, judged, now)
        return sum(map(len, found.values()))
