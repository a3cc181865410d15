"""The door: bytes become typed envelopes of known devices, or dead letters with their reason."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from campus import codec, topics
from campus.clock import from_ms
from campus.codec import TypedEvent
from campus.envelope import Body, Envelope, Source
from campus.errors import PayloadError
from campus.events import Readings, Reply, Status
from campus.mqtt.client import Message


class DeadLetter(msgspec.Struct, frozen=True):
    """A message that cannot be used, and why."""

    topic: str
    payload: bytes
    reason: str
    detail: str
    again: bool = False  # delivered again by the broker: counted before, if it was


class UnknownDevice(PayloadError):
    """A device that is in no registry spoke; it is held in quarantine until somebody adopts it."""

    def __init__(self, school: str, device: str, topic: str) -> None:
        super().__init__("unknown device", f"{device!r} is not registered at {school!r}; adopt it or switch it off")
        self.school = school
        self.device = device
        self.topic = topic


class DeviceRegistry(Protocol):
    """What the door asks of the registry: who is it that speaks?"""

    def source(self, school: str, device: str) -> Source | None:
        """The known device, or None; a dict look-up, called for every message."""
        ...


class Door:
    """Decodes and enriches; pure but for the registry's cache."""

    def __init__(self, registry: DeviceRegistry, clock_tolerance_s: float) -> None:
        self._registry = registry
        self._tolerance = timedelta(seconds=clock_tolerance_s)

    def enter(self, message: Message, now: datetime) -> Envelope:
        """The envelope of ``message``, received at ``now``; raises `PayloadError` (or `UnknownDevice`)."""
        topic = topics.parse(message.topic)
        source = self._registry.source(topic.school, topic.device)
        if source is None:
            raise UnknownDevice(topic.school, topic.device, message.topic)
        body = codec.decode(topic.channel, message.payload)
        if isinstance(body, Readings):
            if not body.items:
                raise PayloadError("empty", "a telemetry array without readings")
            newest = max(body.items, key=lambda reading: reading.ts) if len(body.items) > 1 else body.items[0]
            return self._envelope(source, body, now, newest.ts, "", newest.boot, newest.seq, newest.late)
        if isinstance(body, TypedEvent):
            return self._envelope(source, body.event, now, body.ts, body.id, body.boot, body.seq, body.late)
        boot = body.boot if isinstance(body, Status) else ""
        # A retained status is as old as it is: it was kept by the broker, the device's clock is not to blame.
        return self._envelope(source, body, now, body.ts, "", boot, 0, message.retain or isinstance(body, Reply))

    def _envelope(
        self, source: Source, body: Body, now: datetime, ts: int, event_id: str, boot: str, seq: int, late: bool
    ) -> Envelope:
        at = from_ms(ts)
        ahead = at - now
        suspect = ahead > self._tolerance or (not late and -ahead > self._tolerance)
        return Envelope(
            source=source, body=body, at=at, received=now, id=event_id, boot=boot, seq=seq, late=late,
            clock_suspect=suspect,
        )  # fmt: skip
