"""Turn what a sensor measures into readings, and each change of a contact into a `sensor.alarm` event."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

from campus.clock import Clock
from campus.errors import Unavailable
from campus.events import SensorAlarm
from edge_agent.sensor.measured import Measured, SensorSource
from edge_agent.sensor.settings import Contact, Sensor
from edge_agent.voice import Voice

log = logging.getLogger("edge.sensor")
MISSED = 3  # so many times in a row without an answer, and the sensor is told as offline


class SensorAgent:
    """Speaks for one sensor. How each contact is at the start is told, too: it may have changed while nobody looked."""

    def __init__(self, sensor: Sensor, sources: Sequence[SensorSource], clock: Clock, voice: Voice) -> None:
        self._sensor = sensor
        self._sources = sources
        # A pin wakes us when it changes; whatever else there is waits for its time.
        self._waker = sources[1] if len(sources) > 1 and sensor.modbus and sensor.pins else sources[0]
        self._clock = clock
        self._voice = voice
        self._contacts: dict[Contact, bool] = {}
        self._missed = 0
        self._failures = 0
        self._implausible = 0
        self._due: datetime | None = None

    def run(self, stop: threading.Event) -> None:
        """Measure every ``poll_s`` until ``stop`` is set."""
        try:
            while not stop.is_set():
                self.look()
                self._waker.wait(stop, self._sensor.poll_s)
        finally:
            for source in self._sources:
                source.close()

    def look(self) -> None:
        """Measure once, and tell what is to be told."""
        now = self._clock.now()
        values: dict[str, float | bool] = {}
        answered = True
        for source in self._sources:
            try:
                measured = source.measure()
            except Unavailable as error:
                answered = False
                self._note(error)
                continue
            self._implausible += measured.implausible
            self._tell(measured, now)
            values |= measured.values
        self._missed = 0 if answered else self._missed + 1
        if values and (self._due is None or now >= self._due):
            self._voice.reading(self._sensor.id, values, now)
            self._due = now + timedelta(seconds=self._sensor.telemetry_s)

    def health(self) -> dict[str, float]:
        """Numbers for the status: questions that were not answered, and values that could not be true."""
        return {"failures": float(self._failures), "implausible": float(self._implausible)}

    def reachable(self) -> bool:
        """Whether the sensor answers."""
        return self._missed < MISSED

    def _tell(self, measured: Measured, now: datetime) -> None:
        for contact, active in measured.contacts:
            if self._contacts.get(contact) is not active:
                self._contacts[contact] = active
                self._voice.event(self._sensor.id, SensorAlarm(kind=contact, active=active), now)

    def _note(self, error: Unavailable) -> None:
        self._failures += 1
        if self._missed == 0:
            log.warning("%s", error, extra={"device": self._sensor.id})
