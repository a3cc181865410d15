"""Where headset sessions come from: the port a VR lab's system fits into, and a simulated lab."""

from __future__ import annotations

import heapq
import random
import threading
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from campus.clock import Clock
from edge_agent.cards import card_numbers
from edge_agent.lab.settings import Lab


class SeatChange(msgspec.Struct, frozen=True):
    """A headset session began (``taken``) or ended at a seat.

    ``number`` is the card tapped, if one was; ``credential`` its keyed hash where that is known already.
    """

    seat: str
    taken: bool
    number: str | None = None
    credential: str | None = None


class LabSource(Protocol):
    """A VR lab's session system."""

    def next(self, stop: threading.Event, seconds: float) -> SeatChange | None:
        """Wait up to ``seconds`` of clock time for the next change; None when none came or ``stop`` is set."""
        ...


class SimulatedLab:
    """Sessions begin by chance at free seats and last a while; the same seed gives the same sessions."""

    def __init__(self, lab: Lab, clock: Clock) -> None:
        self._lab = lab
        self._clock = clock
        self._chance = random.Random(f"{lab.seed}/{lab.id}")  # noqa: S311 - a simulation, not a secret
        self._cards = card_numbers(lab.cards, self._chance)
        self._free = [str(seat) for seat in range(1, lab.seats + 1)]
        self._ends: list[tuple[datetime, str]] = []
        self._begins = self._later(lab.sessions_per_hour)

    def next(self, stop: threading.Event, seconds: float) -> SeatChange | None:
        """Wait on the clock for the next change."""
        due = min(self._begins, self._ends[0][0]) if self._ends else self._begins
        wait = (due - self._clock.now()).total_seconds()
        if self._clock.wait(stop, min(max(0.0, wait), seconds)) or wait > seconds:
            return None
        if self._ends and self._ends[0][0] <= self._begins:
            return self._end()
        return self._begin()

    def _begin(self) -> SeatChange | None:
        self._begins = self._later(self._lab.sessions_per_hour)
        if not self._free:
            return None
        seat = self._free.pop(self._chance.randrange(len(self._free)))
        heapq.heappush(self._ends, (self._later(60 / self._lab.session_min), seat))
        return SeatChange(seat, taken=True, number=self._chance.choice(self._cards))

    def _end(self) -> SeatChange:
        _, seat = heapq.heappop(self._ends)
        self._free.append(seat)
        return SeatChange(seat, taken=False)

    def _later(self, per_hour: float) -> datetime:
        return self._clock.now() + timedelta(seconds=self._chance.expovariate(per_hour / 3600))
