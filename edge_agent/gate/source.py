"""Where passes come from: the port a gate's reader fits into, and a simulated reader."""

from __future__ import annotations

import random
import threading
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from campus.clock import Clock
from campus.credentials import hash_credential
from edge_agent.cards import card_numbers
from edge_agent.gate.settings import Gate


class Pass(msgspec.Struct, frozen=True):
    """A card was presented. ``number`` is what the card says and never leaves this machine.

    ``credential`` is its keyed hash where the reader has that already: from a signed code.
    """

    number: str
    direction: Literal["in", "out"] | None = None
    serial: int | None = None  # the reader's own record number
    at: datetime | None = None  # when the reader says it was; None: now
    credential: str | None = None

    def hashed(self, key: bytes) -> str:
        """The credential with the school's ``key``."""
        return self.credential or hash_credential(key, self.number)


class PassSource(Protocol):
    """A gate's reader."""

    def next(self, stop: threading.Event) -> Pass | None:
        """Wait for the next pass; None soon after ``stop`` is set or when the reader has no more."""
        ...

    def health(self) -> dict[str, float]:
        """Numbers about the reader for the gate's status."""
        ...

    def reachable(self) -> bool:
        """Whether the reader is there; while it is not, the gate is told as offline, and who passes it is unknown."""
        ...


class SimulatedReader:
    """People pass by chance, `Gate.passes_per_hour` on average; the same seed gives the same people."""

    def __init__(self, gate: Gate, clock: Clock) -> None:
        self._gate = gate
        self._clock = clock
        self._chance = random.Random(f"{gate.seed}/{gate.id}")  # noqa: S311 - a simulation, not a secret
        self._cards = card_numbers(gate.cards, self._chance)
        self._serial = 0

    def next(self, stop: threading.Event) -> Pass | None:
        """Wait on the clock for the next person."""
        if self._clock.wait(stop, self._chance.expovariate(self._gate.passes_per_hour / 3600)):
            return None
        self._serial += 1
        return Pass(self._chance.choice(self._cards), self._gate.direction, self._serial)

    def health(self) -> dict[str, float]:
        """A simulated reader is always well."""
        return {}

    def reachable(self) -> bool:
        """It never fails."""
        return True
