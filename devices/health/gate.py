"""A gate's health: up and silent in the morning rush, against its neighbours and its own past."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

import msgspec

from devices.health.finding import Finding

# How sure one must be that a working gate would have seen somebody: once in ten thousand quarter hours.
SURE = 1e-4
_FEWEST_DAYS = 3


class Lane(msgspec.Struct, frozen=True):
    """The passes of one lane: in the running window, and in the same window of its last school days.

    ``neighbours`` are the passes of the other lanes of its gate in the running window, and ``neighbours_past`` theirs
    on the same school days as ``past``.
    """

    now: int
    past: tuple[int, ...]
    neighbours: int = 0
    neighbours_past: tuple[int, ...] = ()


def silent_in_rush(lane: Lane, since_ms: int) -> Finding | None:
    """A lane without a pass where its own past expects many and its neighbours are as busy as ever.

    Passes are taken as a Poisson process: none at all has the chance exp(-expected). What is expected is the median of
    the past, times how busy the neighbours are against theirs: on a day off nobody comes anywhere, and no lane is
    blamed. Without neighbours the past alone decides, and a day off must be left out by the caller.
    """
    if lane.now > 0 or len(lane.past) < _FEWEST_DAYS:
        return None
    expected = expected_passes(lane)
    if math.exp(-expected) > SURE:
        return None
    return nobody_passed(expected, since_ms)


def nobody_passed(expected: float, since_ms: int) -> Finding:
    """What is said of a lane without a pass where ``expected`` were."""
    why = f"no pass where {expected:.0f} were expected"
    return Finding("silent_in_rush", "passes", since_ms, why, {"expected": round(expected)})


def expected_passes(lane: Lane) -> float:
    """How many passes a working lane would have had: its usual number, times how busy its neighbours are."""
    return median(lane.past) * _busy(lane.neighbours, lane.neighbours_past) if lane.past else 0.0


def read_errors(passes: int, errors: int, since_ms: int, most: float = 0.1, fewest: int = 20) -> Finding | None:
    """More than a share ``most`` of at least ``fewest`` presented credentials could not be read."""
    tried = passes + errors
    if tried < fewest or errors <= most * tried:
        return None
    why = f"{errors} of {tried} could not be read"
    return Finding("read_errors", "errors", since_ms, why, {"errors": errors, "tried": tried})


def _busy(now: int, past: Sequence[int]) -> float:
    usual = median(past) if past else 0
    # Neighbours that are busier because this lane is dead must not raise what is expected of it.
    return min(1.0, now / usual) if usual else 1.0
