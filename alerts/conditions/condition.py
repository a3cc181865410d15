"""When a condition holds: the pure core of every rule, from "tripped" and "cleared" to "raised" and "returned"."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

Phase = Literal["pending", "active"]
Change = Literal["raised", "repeated", "returned"]
# Why a verdict is what it is; `alerts.life.words` says each in Chinese and English.
Why = Literal[
    "tripped", "held", "waiting", "again", "restarted_after_gap", "did_not_hold", "no_reading",
    "cleared", "quiet", "normal", "older_than_known", "not_due", "rechecked",
]  # fmt: skip


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """The times of a rule.

    ``hold``: how long the condition must last. ``gap``: evidence further apart does not join. ``quiet``: without
    repetition for so long it is over. ``recheck``: an active condition is looked at again this often.
    """

    hold: timedelta = timedelta(0)
    gap: timedelta | None = None
    quiet: timedelta | None = None
    recheck: timedelta | None = None


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """A condition that is not normal: since when, when last seen, and when time alone may change it (``due``)."""

    phase: Phase
    since: datetime
    last: datetime
    due: datetime | None = None
    value: float | None = None


class Verdict(msgspec.Struct, frozen=True):
    """What became of a condition (None: normal), what that means for the alarm, and why."""

    condition: Condition | None
    change: Change | None
    why: Why


def tripped(old: Condition | None, at: datetime, value: float | None, timing: Timing) -> Verdict:
    """The condition is seen to hold at ``at``."""
    if old is None:
        return _begin(at, value, timing, "waiting")
    if at < old.last:
        return Verdict(old, "repeated", "again") if old.phase == "active" else Verdict(old, None, "older_than_known")
    if old.phase == "active":
        due = _next_due(at, timing) if timing.quiet else old.due
        return Verdict(msgspec.structs.replace(old, last=at, value=value, due=due), "repeated", "again")
    if timing.gap is not None and at - old.last > timing.gap:
        return _begin(at, value, timing, "restarted_after_gap")
    if at - old.since >= timing.hold:
        return _activate(old.since, at, value, timing, "held")
    return Verdict(msgspec.structs.replace(old, last=at, value=value), None, "waiting")


def cleared(old: Condition | None, at: datetime, why: Why = "cleared") -> Verdict:
    """The condition is seen not to hold at ``at``."""
    if old is None:
        return Verdict(None, None, "normal")
    if at < old.last:
        return Verdict(old, None, "older_than_known")
    if old.phase == "pending":
        return Verdict(None, None, "did_not_hold")
    return Verdict(None, "returned", why)


def elapsed(old: Condition, now: datetime, timing: Timing) -> Verdict:
    """Nothing was heard; what does time alone do to the condition?"""
    if old.due is None or now < old.due:
        return Verdict(old, None, "not_due")
    if old.phase == "pending":
        if timing.gap is not None and now - old.last > timing.gap:
            return Verdict(None, None, "no_reading")
        return _activate(old.since, now, old.value, timing, "held", last=old.last)
    if timing.quiet is not None and now - old.last >= timing.quiet:
        return Verdict(None, "returned", "quiet")
    return Verdict(msgspec.structs.replace(old, due=_next_due(now, timing)), None, "rechecked")


def _begin(at: datetime, value: float | None, timing: Timing, why: Why) -> Verdict:
    if not timing.hold:
        return _activate(at, at, value, timing, "tripped")
    return Verdict(Condition(phase="pending", since=at, last=at, due=at + timing.hold, value=value), None, why)


def _activate(
    since: datetime, at: datetime, value: float | None, timing: Timing, why: Why, last: datetime | None = None
) -> Verdict:
    active = Condition(phase="active", since=since, last=last or at, due=_next_due(at, timing), value=value)
    return Verdict(active, "raised", why)


def _next_due(at: datetime, timing: Timing) -> datetime | None:
    moments = [at + wait for wait in (timing.quiet, timing.recheck) if wait is not None]
    return min(moments, default=None)
