"""What the pipeline carries: a typed body with who said it, when, and how it arrived."""

from __future__ import annotations

from datetime import datetime

import msgspec

from campus.events import Event, Readings, Reply, Status
from campus.facts import Fact

Body = Readings | Status | Reply | Event | Fact


class Source(msgspec.Struct, frozen=True):
    """The registry's view of the device that spoke, as the pipeline needs it."""

    school: str
    device: str
    kind: str
    place: str | None = None


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """One message inside the platform.

    ``at`` is the device's time (of the newest reading, for telemetry), ``received`` the platform's. ``id`` is the event
    id and empty for telemetry, status and facts. ``clock_suspect`` marks a time too far off to decide attendance.
    """

    source: Source
    body: Body
    at: datetime
    received: datetime
    id: str = ""
    boot: str = ""
    seq: int = 0
    late: bool = False
    clock_suspect: bool = False

    @property
    def school(self) -> str:
        """The school the message belongs to."""
        return self.source.school

    @property
    def device(self) -> str:
        """The device that spoke."""
        return self.source.device
