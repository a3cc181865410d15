"""Turn passes at a gate lane into `gate.pass` events; the card number is hashed here and forgotten."""

from __future__ import annotations

import threading

from campus.clock import Clock
from campus.events import GatePass
from edge_agent.gate.reading import LastHour
from edge_agent.gate.settings import Gate
from edge_agent.gate.source import PassSource
from edge_agent.voice import Voice


class GateAgent:
    """Speaks for one lane; ``key`` is the school's credential key (see `campus.credentials`)."""

    def __init__(self, gate: Gate, source: PassSource, key: bytes, clock: Clock, voice: Voice) -> None:
        self._gate = gate
        self._source = source
        self._key = key
        self._clock = clock
        self._voice = voice
        self._passes = 0
        self._hour = LastHour()

    def run(self, stop: threading.Event) -> None:
        """Tell every pass until ``stop`` is set or the reader has no more."""
        while (seen := self._source.next(stop)) is not None:
            self._passes += 1
            event = GatePass(
                credential=seen.hashed(self._key),
                lane=self._gate.lane,
                direction=seen.direction or self._gate.direction,
                serial=seen.serial,
            )
            self._voice.event(self._gate.id, event, seen.at or self._clock.now())

    def health(self) -> dict[str, float]:
        """Numbers for the status: passes since the start and in the last hour, and what the reader says of itself."""
        said = self._source.health()
        return {"passes": float(self._passes), **self._hour.update(self._passes, said, self._clock.now()), **said}

    def reachable(self) -> bool:
        """Whether the gate's reader is there."""
        return self._source.reachable()
