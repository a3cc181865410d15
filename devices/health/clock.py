"""How a device's clock runs: how far off it is, and whether it gains or loses."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import msgspec

from campus.series.store import Sample

HOUR = 3_600_000
DAY = 24 * HOUR
OFFSET = "clock_offset"  # the series in which the background judge keeps it, in ms
SPAN = 2 * HOUR  # over less, what the network takes now and then looks like a clock that runs away
DRIFTING = 5_000.0  # ms a day, 58 millionths: a plain quartz does better, a clock kept by NTP far better
_MOST = 120  # the pairs of slopes grow with the square


class ClockRun(msgspec.Struct, frozen=True):
    """The device's clock minus ours in ms, and what it gains a day in ms (negative: loses); None where not known."""

    offset_ms: int | None
    per_day_ms: float | None

    @property
    def drifting(self) -> bool:
        """Whether it runs away."""
        return self.per_day_ms is not None and abs(self.per_day_ms) >= DRIFTING


def gained(samples: Sequence[Sample]) -> float | None:
    """What the clock gains in ms a day by its offsets (ascending): the median of all slopes, which a step of NTP or a
    slow network now and then does not move (Sen 1968, doi:10.1080/01621459.1968.10480934)."""
    step = -(-len(samples) // _MOST)
    some = samples[:: step or 1]
    if len(some) < 8 or some[-1].ts - some[0].ts < SPAN:
        return None
    slopes = [(b.value - a.value) / (b.ts - a.ts) for i, a in enumerate(some) for b in some[i + 1 :] if b.ts > a.ts]
    return round(median(slopes) * DAY, 1) if slopes else None
