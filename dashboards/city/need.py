"""Which school needs somebody, and why, in an order: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from dashboards.city.figures import CityShare

State = Literal["critical", "warning", "unknown", "good"]
Code = Literal[
    "critical_alarms",
    "silent",
    "gates_down",
    "agents_down",
    "major_alarms",
    "devices_away",
    "attendance_low",
    "rolls_unsettled",
    "nothing_known",
]
# What is bad enough to say. Our own choices: a tenth of the devices, and three points of attendance.
DEVICES_AWAY = 0.10
ATTENDANCE_LOW = -0.03
WORST_FIRST: tuple[State, ...] = ("critical", "unknown", "warning", "good")
# What a reason makes of its school, and how much it weighs: once, and for each further one of the kind.
_STATE: Mapping[Code, State] = {"critical_alarms": "critical", "silent": "unknown", "nothing_known": "unknown"}
_WEIGHT: Mapping[Code, tuple[float, float]] = {
    "critical_alarms": (100, 10),
    "silent": (90, 0),
    "gates_down": (45, 10),
    "agents_down": (35, 5),
    "major_alarms": (30, 3),
    "devices_away": (20, 0.2),
    "attendance_low": (20, 0),
    "rolls_unsettled": (10, 1),
    "nothing_known": (5, 0),
}


class Reason(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Why a school needs somebody: how many of how many, since when; ``share`` for what is a share."""

    code: Code
    n: int = 0
    of: int = 0
    since: datetime | None = None
    share: float | None = None


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a school today."""

    devices: int = 0
    heard: int = 0
    heard_at: datetime | None = None
    gates_down: int = 0
    gates_down_since: datetime | None = None
    agents_down: int = 0
    agents_down_since: datetime | None = None
    rolls: int = 0
    rolls_unsettled: int = 0
    alarms: Mapping[str, int] = {}
    critical_since: datetime | None = None
    major_since: datetime | None = None
    attendance: CityShare = CityShare()


def reasons(known: Known) -> tuple[Reason, ...]:
    """Why the school needs somebody, the weightiest first; empty when it does not."""
    return tuple(sorted(_reasons(known), key=_weight, reverse=True))


def _reasons(known: Known) -> Iterable[Reason]:
    if critical := known.alarms.get("critical", 0):
        yield Reason(code="critical_alarms", n=critical, since=known.critical_since)
    if major := known.alarms.get("major", 0):
        yield Reason(code="major_alarms", n=major, since=known.major_since)
    if not known.devices and not known.rolls:
        yield Reason(code="nothing_known")
        return
    yield from _of_devices(known)
    if known.rolls_unsettled:
        yield Reason(code="rolls_unsettled", n=known.rolls_unsettled, of=known.rolls)
    difference = known.attendance.difference
    if difference is not None and difference <= ATTENDANCE_LOW:
        yield Reason(code="attendance_low", share=difference)


def _of_devices(known: Known) -> Iterable[Reason]:
    if known.devices and not known.heard:
        yield Reason(code="silent", of=known.devices, since=known.heard_at)
        return  # what else is down follows from it
    if known.gates_down:
        yield Reason(code="gates_down", n=known.gates_down, since=known.gates_down_since)
    if known.agents_down:
        yield Reason(code="agents_down", n=known.agents_down, since=known.agents_down_since)
    away = known.devices - known.heard
    if known.devices and away / known.devices >= DEVICES_AWAY:
        yield Reason(code="devices_away", n=away, of=known.devices, share=away / known.devices)


def state(found: Sequence[Reason]) -> State:
    """The state that a school's reasons make; a critical alarm goes before not knowing."""
    return worst(_STATE.get(one.code, "warning") for one in found)


def worst(states: Iterable[State]) -> State:
    """The worst of ``states``, good when there is none."""
    return min(states, key=WORST_FIRST.index, default="good")


def urgency(found: Sequence[Reason]) -> tuple[int, float]:
    """What a list is sorted by, the least first: the state, then how much the reasons weigh together."""
    return WORST_FIRST.index(state(found)), -sum(_weight(one) for one in found)


def _weight(one: Reason) -> float:
    once, further = _WEIGHT[one.code]
    return once + further * max(0, one.n - 1)
