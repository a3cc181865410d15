"""Waves of a campaign: one device, then ten (a tenth of many), then all, as long as not too many fail; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from devices.control.campaign_reason import CampaignReason

PATIENCE = timedelta(minutes=30)  # an agent that was asked answers within seconds; one that is away has failed by then
State = Literal["waiting", "sent", "done", "refused", "expired", "replaced"]
OPEN: frozenset[State] = frozenset({"waiting", "sent"})


class Outcome(msgspec.Struct, frozen=True):
    """What became of what a device was given, in the device's own words, and since when."""

    state: State
    detail: str
    at: datetime


class Step(msgspec.Struct, frozen=True):
    """What a campaign does next, and why: ``send`` to these devices, wait, stop, or be done."""

    verdict: Literal["send", "wait", "stopped", "done"]
    why: CampaignReason
    send: tuple[str, ...] = ()


def waves(devices: int) -> tuple[int, int, int]:
    """How many devices have it after the first, the second and the last wave."""
    return 1, max(10, -(-devices // 10)), devices


def fault(device: str, outcome: Outcome, now: datetime) -> CampaignReason | None:
    """Why a device counts as failed; None while it does not."""
    if outcome.state == "done":
        return None
    if outcome.state in OPEN:
        silent = now - outcome.at >= PATIENCE
        return CampaignReason(code="silent", device=device, n=PATIENCE // timedelta(minutes=1)) if silent else None
    if outcome.state == "replaced":
        return CampaignReason(code="replaced", device=device)
    return CampaignReason(
        code="refused" if outcome.state == "refused" else "failed", device=device, detail=outcome.detail
    )


def next_step(devices: Sequence[str], given: Mapping[str, Outcome], now: datetime, tolerate: int = 0) -> Step:
    """The next step to ``devices``, of which those in ``given`` have it; ``tolerate`` percent of these may fail."""
    faults = [why for device, outcome in given.items() if (why := fault(device, outcome, now))]
    if 100 * len(faults) > tolerate * len(given):
        return Step("stopped", faults[0])
    done = sum(outcome.state == "done" for outcome in given.values())
    if behind := len(given) - done - len(faults):
        return Step("wait", CampaignReason(code="waits", n=behind, of=len(given)))
    if len(given) >= len(devices):
        return Step("done", CampaignReason(code="applied_by" if faults else "applied", n=done, of=len(devices)))
    size = min(next((wave for wave in waves(len(devices)) if wave > len(given)), len(devices)), len(devices))
    return Step("send", CampaignReason(code="sent", n=size, of=len(devices)), tuple(devices[len(given) : size]))
