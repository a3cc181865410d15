"""A headset's health: heat that lasts, and a battery that no longer lasts a lesson."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from campus.series.store import Sample
from devices.health.finding import Finding

HOT = 45.0  # °C: above it lithium cells age fast, and a thing worn on the face is unpleasant
LESSON = 45 * 60_000


def hot(samples: Sequence[Sample], limit: float = HOT, for_ms: int = 5 * 60_000) -> Finding | None:
    """The temperature (°C, ascending window) has been at or over ``limit`` for ``for_ms`` up to the last reading."""
    begun: int | None = None
    for sample in samples:
        if sample.value < limit:
            begun = None
        elif begun is None:
            begun = sample.ts
    if begun is None or samples[-1].ts - begun < for_ms:
        return None
    degrees, minutes = round(samples[-1].value), round((samples[-1].ts - begun) / 60_000)
    why = f"{degrees} °C for {minutes} min"
    return Finding("hot", "temperature", begun, why, {"degrees": degrees, "minutes": minutes})


def worn(samples: Sequence[Sample], lesson_ms: int = LESSON, least_left: float = 20.0) -> Finding | None:
    """A full battery would not last a lesson: the fall of the window (percent), taken for a whole lesson's length.

    Only a window of at least a third of a lesson without charging is judged.
    """
    if len(samples) < 3 or any(b.value > a.value + 1 for a, b in itertools.pairwise(samples)):
        return None
    lasted = samples[-1].ts - samples[0].ts
    if lasted < lesson_ms / 3:
        return None
    left = 100 - (samples[0].value - samples[-1].value) * lesson_ms / lasted
    if left >= least_left:
        return None
    remains = round(max(0.0, left))
    why = f"a full battery has {remains} % left after a lesson"
    return Finding("battery_worn", "battery", samples[0].ts, why, {"left": remains})


def last_use(worn_: Sequence[Sample]) -> tuple[int, int] | None:
    """Begin and end (epoch milliseconds) of the last stretch in which somebody wore it; ``worn_`` is 1 or 0."""
    use: tuple[int, int] | None = None
    for before, after in itertools.pairwise(worn_):
        if before.value >= 0.5:
            use = (use[0] if use and use[1] == before.ts else before.ts, after.ts)
    return use


def cycles(samples: Sequence[Sample]) -> float:
    """Full charges that the window's losses add up to: three times from 90 to 60 % is nine tenths of one."""
    lost = sum(max(0.0, a.value - b.value) for a, b in itertools.pairwise(samples))
    return round(lost / 100, 1)
