"""Presence as a pure function: is a device alive, by its last will and by the age of its heartbeat."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from campus.settings import Presence as Settings

State = Literal["online", "late", "offline", "sleeping", "never_seen"]
Reason = Literal[
    "never heard",
    "heard",
    "sleeping",
    "late heartbeat",
    "last will just came",
    "last will",
    "heartbeat too old",
    "parent",
]
ParentState = Literal["up", "late", "down"]
# A broker also publishes the will of a connection that the device itself replaced by a new one: it is not away then.
WILL_SETTLES = timedelta(seconds=5)
# A device may sleep through a long holiday; one that never wakes must not be forgotten.
LONGEST_SLEEP = timedelta(days=10)
# How long a child waits for the verdict on a late parent whose own moment has come but was not judged yet.
_SOON = timedelta(seconds=1)


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one device; every moment is the platform's own.

    ``said`` is the state of its newest status message, taken at ``said_at``; a last will says "offline". ``heard_at``
    is when the last message came that only a living device can send. ``given_up`` is the reason it is offline for
    since then, empty when it is not. ``parent_next`` is when the parent's state can change. A device is not given up
    before ``hold_until``: after a start of the platform, and after its parent returned.
    """

    said: str = ""
    said_at: datetime | None = None
    heard_at: datetime | None = None
    given_up: Reason | Literal[""] = ""
    parent: ParentState = "up"
    parent_next: datetime | None = None
    hold_until: datetime | None = None


class Presence(msgspec.Struct, frozen=True):
    """A conclusion: the state, why, and the first moment at which time alone can change it (None: never)."""

    state: State
    reason: Reason
    next_at: datetime | None


class _Deadlines(msgspec.Struct, frozen=True):
    """When a device that stays quiet becomes late and is given up, and what for."""

    late_at: datetime
    late_why: Reason
    silent_at: datetime
    silent_why: Reason


def presence(facts: Facts, now: datetime, settings: Settings) -> Presence:
    """The presence that follows from ``facts`` at ``now``; the same facts before ``next_at`` give the same answer."""
    if facts.heard_at is None:
        return Presence("never_seen", "never heard", None)
    deadlines = _deadlines(facts, facts.heard_at, settings)
    if now < deadlines.late_at and not facts.given_up:
        awake = facts.said != "sleeping"
        return Presence("online" if awake else "sleeping", "heard" if awake else "sleeping", deadlines.late_at)
    # Behind a dead parent nothing can be told of a quiet device: one alarm for the parent, none for its children.
    if facts.parent == "down" and facts.given_up in {"", "parent"}:
        return Presence("offline", "parent", None)
    verdict_at = _verdict_at(facts, deadlines, now)
    if now >= verdict_at:
        return Presence("offline", deadlines.silent_why, None)
    if facts.given_up:
        return Presence("offline", facts.given_up, verdict_at)
    return Presence("late", deadlines.late_why, verdict_at)


def _deadlines(facts: Facts, heard_at: datetime, settings: Settings) -> _Deadlines:
    if facts.said == "sleeping":
        wakes_by = heard_at + LONGEST_SLEEP
        return _Deadlines(wakes_by, "late heartbeat", wakes_by, "heartbeat too old")
    late_at = heard_at + timedelta(seconds=settings.late_after_s)
    silent_at = heard_at + timedelta(seconds=max(settings.late_after_s, settings.silent_after_s))
    by_age = _Deadlines(late_at, "late heartbeat", silent_at, "heartbeat too old")
    if facts.said != "offline" or facts.said_at is None or facts.said_at < heard_at:
        return by_age
    settled_at = facts.said_at + WILL_SETTLES
    if settled_at >= silent_at:
        return by_age
    return _Deadlines(min(facts.said_at, late_at), "last will just came", settled_at, "last will")


def _verdict_at(facts: Facts, deadlines: _Deadlines, now: datetime) -> datetime:
    """When the device is given up: its own moment, put off by a hold and until a late parent is decided."""
    moment = deadlines.silent_at
    if facts.hold_until is not None:
        moment = max(moment, facts.hold_until)
    if facts.parent == "late" and facts.given_up in {"", "parent"}:
        moment = max(moment, facts.parent_next or moment, now + _SOON)
    return moment
