"""What the platform itself concludes: typed facts that one domain states and another listens to.

Facts never cross the wire. They travel inside the pipeline in the same transaction as the message that caused them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the facts."""


class DeviceSilent(Fact, frozen=True, kw_only=True):
    """Presence gave a device up: its last will arrived or its heartbeat is too old.

    ``behind`` devices reach the platform through it, or through one that does: nothing is known of them either.
    """

    device: str
    kind: str
    since: datetime
    why: Literal["last will", "heartbeat too old"]
    behind: int = 0


class DeviceReturned(Fact, frozen=True, kw_only=True):
    """A device that was silent speaks again; evidence for ``silent_from`` to now may still arrive late."""

    device: str
    kind: str
    silent_from: datetime


class StudentPassed(Fact, frozen=True, kw_only=True):
    """A known student passed a gate; ``direction`` comes from the lane, or is repaired from the student's state."""

    student: str
    class_id: str
    direction: Literal["in", "out"]
    gate: str
    late: bool = False


class MarkChanged(Fact, frozen=True, kw_only=True):
    """A student's mark for a session is now ``status`` (it was ``old``, or None for the first mark)."""

    student: str
    class_id: str
    session: str
    old: str | None
    status: str
    why: str
