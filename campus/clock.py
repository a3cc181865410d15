"""One clock for everything: system, scaled (a day in minutes) and virtual (tests that do not sleep)."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where every part asks what time it is and waits for time to pass."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...

    def wait(self, wake: threading.Event, seconds: float) -> bool:
        """Wait ``seconds`` of this clock's time, or until ``wake`` is set; return whether it was set."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC)

    def wait(self, wake: threading.Event, seconds: float) -> bool:
        """Wait ``seconds`` of real time, or until ``wake`` is set."""
        return wake.wait(max(0.0, seconds))


class ScaledClock:
    """A clock that starts at ``start`` and runs ``speed`` times as fast as the wall.

    Two processes given the same ``start``, ``speed`` and ``anchor`` (Unix seconds of the wall when the clock stood at
    ``start``) read the same time.
    """

    def __init__(self, start: datetime, speed: float, anchor: float | None = None) -> None:
        if start.tzinfo is None:
            raise ValueError("ScaledClock needs an aware start time")
        if speed <= 0:
            raise ValueError(f"ScaledClock needs a speed above 0, not {speed}")
        self.start = start.astimezone(UTC)
        self.speed = speed
        self.anchor = time.time() if anchor is None else anchor

    def now(self) -> datetime:
        """The scaled moment, aware, in UTC."""
        return self.start + timedelta(seconds=(time.time() - self.anchor) * self.speed)

    def wait(self, wake: threading.Event, seconds: float) -> bool:
        """Wait ``seconds`` of scaled time, or until ``wake`` is set."""
        return wake.wait(max(0.0, seconds / self.speed))

    def spec(self) -> str:
        """Text form for a child process: ``start@speed@anchor``; `parse_clock` reads it."""
        return f"{self.start.isoformat()}@{self.speed}@{self.anchor}"


class VirtualClock:
    """A clock that stands still until `advance` moves it; waiting moves it too."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("VirtualClock needs an aware start time")
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """The moment this clock was last moved to."""
        return self._now

    def advance(self, delta: timedelta) -> datetime:
        """Move forward by ``delta`` and return the new moment."""
        if delta < timedelta(0):
            raise ValueError("a clock does not run backwards")
        self._now += delta
        return self._now

    def move_to(self, moment: datetime) -> datetime:
        """Move forward to ``moment``; a moment already passed leaves the clock where it is."""
        self._now = max(self._now, moment.astimezone(UTC))
        return self._now

    def wait(self, wake: threading.Event, seconds: float) -> bool:
        """Let ``seconds`` pass at once."""
        if not wake.is_set():
            self.advance(timedelta(seconds=max(0.0, seconds)))
        return wake.is_set()


def parse_clock(spec: str | None) -> Clock:
    """The clock that ``spec`` describes: nothing for the system clock, ``start@speed@anchor`` for a scaled one."""
    if not spec:
        return SystemClock()
    start, speed, anchor = spec.split("@")
    return ScaledClock(datetime.fromisoformat(start), float(speed), float(anchor))


def to_ms(moment: datetime) -> int:
    """Epoch milliseconds of an aware moment: the form of time on the wire and in the series store."""
    return round(moment.timestamp() * 1000)


def from_ms(ms: int) -> datetime:
    """The aware UTC moment of epoch milliseconds."""
    return datetime.fromtimestamp(ms / 1000, UTC)
