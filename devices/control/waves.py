"""Waves of a campaign: one device, then ten (a tenth of many), then all, as long as not too many fail; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

PATIENCE = timedelta(minutes=30)  # an agent that was asked answers within seconds; one that is away has failed by then
State = Literal["waiting", "sent", "done", "refused", "expired", "replaced"]
OPEN: frozenset[State] = frozenset({"waiting", "sent"})


class Outcome(msgspec.Struct, frozen=True):
    """What became of what a device was given, in the device's own words, and since when."""

    state: State
    detail: str
    at: datetime


class Step(msgspec.Struct, frozen=True):
    """What a campaign does next: ``send`` to these devices, or why it waits, stops or is done."""

    verdict: Literal["send", "wait", "stopped", "done"]
    reason: str
    send: tuple[str, ...] = ()


def waves(devices: int) -> tuple[int, int, int]:
    """How many devices have it after the first, the second and the last wave."""
    return 1, max(10, -(-devices // 10)), devices


def fault(outcome: Outcome, now: datetime) -> str:
    """Why a device counts as failed, as in "edge-1 FAULT"; empty while it does not."""
    if outcome.state == "replaced":
        return "was given another"
    if outcome.state in OPEN:
        silent = now - outcome.at >= PATIENCE
        return f"has not answered within {PATIENCE.seconds // 60} minutes" if silent else ""
    if outcome.state == "done":
        return ""
    said = f": {outcome.detail}" if outcome.detail else ""
    return ("refused it" if outcome.state == "refused" else "failed") + said


def next_step(devices: Sequence[str], given: Mapping[str, Outcome], now: datetime, tolerate: int = 0) -> Step:
    """The next step to ``devices``, of which those in ``given`` have it; ``tolerate`` percent of these may fail."""
    faults = [f"{device} {why}" for device, outcome in given.items() if (why := fault(outcome, now))]
    if 100 * len(faults) > tolerate * len(given):
        others = f" ({len(faults)} of {len(given)} failed)" if len(faults) > 1 else ""
        return Step("stopped", faults[0] + others)
    done = sum(outcome.state == "done" for outcome in given.values())
    if behind := len(given) - done - len(faults):
        return Step("wait", f"waiting for {behind} of {len(given)}")
    if len(given) >= len(devices):
        return Step("done", f"applied by {done} of {len(devices)}" if faults else f"applied by all {done}")
    size = min(next((wave for wave in waves(len(devices)) if wave > len(given)), len(devices)), len(devices))
    return Step("send", f"to {size} of {len(devices)}", tuple(devices[len(given) : size]))
