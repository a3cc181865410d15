"""A headset's health: heat that lasts, and a battery that no longer lasts a lesson."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from campus.series import Sample
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
    why = f"{samples[-1].value:.0f} °C for {(samples[-1].ts - begun) / 60_000:.0f} min"
    return Finding("hot", "temperature", begun, why)


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
    why = f"a full battery has {max(0.0, left):.0f} % left after a lesson"
    return Finding("battery_ending", "battery", samples[0].ts, why)
