"""Turn headset sessions into `lab.seat_taken` and `lab.seat_left` events, and tell how many seats are taken."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from campus.clock import Clock
from campus.credentials import hash_credential
from campus.events import LabSeatLeft, LabSeatTaken
from edge_agent.lab.settings import Lab
from edge_agent.lab.source import LabSource, SeatChange
from edge_agent.voice import Voice


class LabAgent:
    """Speaks for one lab; ``key`` is the school's credential key (see `campus.credentials`)."""

    def __init__(self, lab: Lab, source: LabSource, key: bytes, clock: Clock, voice: Voice) -> None:
        self._lab = lab
        self._source = source
        self._key = key
        self._clock = clock
        self._voice = voice
        self._since: dict[str, datetime] = {}

    def run(self, stop: threading.Event) -> None:
        """Tell every change, and a reading every ``telemetry_s``, until ``stop`` is set."""
        due = self._clock.now()
        seats = len(self._lab.headsets) if self._lab.source == "headsets" else self._lab.seats
        while not stop.is_set():
            now = self._clock.now()
            if now >= due:
                self._voice.reading(self._lab.id, {"seats": seats, "seats_taken": len(self._since)}, now)
                due = now + timedelta(seconds=self._lab.telemetry_s)
            change = self._source.next(stop, (due - self._clock.now()).total_seconds())
            if change is not None:
                self._tell(change, self._clock.now())

    def health(self) -> dict[str, float]:
        """Numbers for the status: seats taken now."""
        return {"seats_taken": float(len(self._since))}

    def _tell(self, change: SeatChange, now: datetime) -> None:
        if change.taken:
            self._since[change.seat] = now
            credential = change.credential
            if change.number is not None:
                credential = hash_credential(self._key, change.number)
            self._voice.event(self._lab.id, LabSeatTaken(seat=change.seat, credential=credential), now)
            return
        began = self._since.pop(change.seat, now)  # a session from before this agent's start has no known length
        left = LabSeatLeft(seat=change.seat, duration_s=max(0.0, (now - began).total_seconds()))
        self._voice.event(self._lab.id, left, now)
