"""When a battery will be empty: a robust slope through its levels since it was last charged."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import msgspec

from campus.series.store import Sample
from devices.health.finding import Finding

HOUR = 3_600_000
DAY = 24 * HOUR
EMPTY = 5.0  # percent: below this most devices switch themselves off
CHARGED = 10.0  # percent: a rise of this much is a charge or a new battery, not noise
_AROUND = 7  # readings on either side of a charge: a few wild ones among them are none
_FEWEST = 8
_MOST = 120  # the pairs of slopes grow with the square


class Ending(msgspec.Struct, frozen=True):
    """The predicted end (epoch milliseconds) and the loss in percent a day."""

    at: int
    per_day: float


def battery_end(samples: Sequence[Sample]) -> Ending | None:
    """When the level (percent, ascending in time) reaches `EMPTY`; None when it does not fall, or too little is known.

    The slope is Theil and Sen's: the median of the slopes of all pairs. Up to 29 % of wild readings do not move it
    (Sen 1968, doi:10.1080/01621459.1968.10480934).
    """
    run = _thin(_since_charge(samples))
    if len(run) < _FEWEST:
        return None
    slopes = [(b.value - a.value) / (b.ts - a.ts) for i, a in enumerate(run) for b in run[i + 1 :] if b.ts > a.ts]
    slope = median(slopes)
    if slope >= 0:
        return None
    level = median(sample.value - slope * sample.ts for sample in run)
    return Ending(max(run[-1].ts, round((EMPTY - level) / slope)), -slope * DAY)


def battery_ending(samples: Sequence[Sample], now_ms: int, notice_ms: int = 14 * DAY) -> Finding | None:
    """A battery that will be empty within ``notice_ms``: the time it takes to buy one and send somebody."""
    end = battery_end(samples)
    if end is None or end.at > now_ms + notice_ms:
        return None
    days = max(0, end.at - now_ms) / DAY
    why = f"empty in {days:.1f} days; it loses {end.per_day:.2f} % a day"
    figures = {"days": round(days, 1), "per_day": round(end.per_day, 2)}
    return Finding("battery_ending", "battery", now_ms, why, figures)


def _since_charge(samples: Sequence[Sample]) -> Sequence[Sample]:
    values = [sample.value for sample in samples]
    after = [sorted(values[i : i + _AROUND])[_AROUND // 2] for i in range(len(values) - _AROUND + 1)]
    for i in range(len(after) - 1, _AROUND - 1, -1):
        if after[i] - after[i - _AROUND] >= CHARGED:
            return samples[i:]
    return samples


def _thin(samples: Sequence[Sample]) -> Sequence[Sample]:
    step = -(-len(samples) // _MOST)
    return samples[:: step or 1]
