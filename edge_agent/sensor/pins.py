"""Contacts at the pins of a board by libgpiod: the kernel debounces, and wakes us at each change."""

from __future__ import annotations

import threading
from collections import defaultdict
from datetime import timedelta
from types import ModuleType
from typing import Any

from campus.errors import Unavailable
from edge_agent.sensor.measured import Measured
from edge_agent.sensor.settings import Contact, Pin

TICK_S = 0.2


class PinSource:
    """The contacts of one device; a short press between two looks is told, too. ``gpiod`` is the library."""

    def __init__(self, pins: tuple[Pin, ...], gpiod: ModuleType) -> None:
        self._pins = pins
        self._gpiod = gpiod
        self._requests: dict[str, Any] = {}

    def measure(self) -> Measured:
        """The changes since the last look, in their order, and then how each pin is now."""
        try:
            if not self._requests:
                self._requests = self._requested()
            changes = [change for chip, request in self._requests.items() for change in self._changes(chip, request)]
            now = [(pin.contact, self._is_active(pin)) for pin in self._pins]
        except (OSError, ValueError) as error:
            self.close()
            chips = " and ".join(sorted({pin.chip for pin in self._pins}))
            raise Unavailable(f"the pins of {chips}", str(error)) from None
        return Measured({}, (*changes, *now))

    def wait(self, stop: threading.Event, seconds: float) -> None:
        """Until a pin changes; in steps, so that ``stop`` is seen."""
        request = next(iter(self._requests.values()), None)
        if request is None or len(self._requests) > 1:
            stop.wait(min(seconds, TICK_S) if self._requests else seconds)
            return
        left = seconds
        while left > 0 and not stop.is_set():
            if request.wait_edge_events(timedelta(seconds=min(left, TICK_S))):
                return
            left -= TICK_S

    def close(self) -> None:
        """Give the pins back."""
        for request in self._requests.values():
            request.release()
        self._requests = {}

    def _requested(self) -> dict[str, Any]:
        chips: dict[str, dict[int, Any]] = defaultdict(dict)
        for pin in self._pins:
            chips[pin.chip][pin.pin] = self._line(pin)
        return {
            chip: self._gpiod.request_lines(chip, consumer="campus", config=config) for chip, config in chips.items()
        }

    def _line(self, pin: Pin) -> Any:
        line = self._gpiod.line
        bias = {"none": line.Bias.AS_IS, "up": line.Bias.PULL_UP, "down": line.Bias.PULL_DOWN}[pin.pull]
        return self._gpiod.LineSettings(
            direction=line.Direction.INPUT,
            edge_detection=line.Edge.BOTH,
            bias=bias,
            active_low=pin.active_low,
            debounce_period=timedelta(milliseconds=pin.debounce_ms),
        )

    def _changes(self, chip: str, request: Any) -> list[tuple[Contact, bool]]:
        if not request.wait_edge_events(timedelta(0)):
            return []
        contacts = {pin.pin: pin.contact for pin in self._pins if pin.chip == chip}
        rising = self._gpiod.EdgeEvent.Type.RISING_EDGE
        return [
            (contacts[event.line_offset], event.event_type == rising)
            for event in request.read_edge_events()
            if event.line_offset in contacts
        ]

    def _is_active(self, pin: Pin) -> bool:
        return bool(self._requests[pin.chip].get_value(pin.pin) == self._gpiod.line.Value.ACTIVE)
