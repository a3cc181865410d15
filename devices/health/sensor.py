"""A sensor's health: a value that stands still, jumps that nature does not make, drift against neighbours, gaps."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from statistics import median

import msgspec

from campus.series.store import Sample
from devices.health.finding import Finding

HOUR = 3_600_000
DAY = 24 * HOUR
# One interval in which a device may be busy with itself is no gap; five are.
GAP_INTERVALS = 5
SHORTEST_GAP = 5 * 60_000
# A value stands still for good when it does so this many times longer than it ever did before.
LONGER_THAN_EVER = 3
# So much of its past before it stood still must be known for the past to count, and then it need not stand longer.
KNOWN = 12 * HOUR
SURE = 2 * HOUR
SLOT = 10 * 60_000
Slots = Mapping[int, float]
"""The mean of what a sensor measured in each ten minutes, by their begin: sensors do not measure at one moment."""


class Nature(msgspec.Struct, frozen=True):
    """What the measured quantity itself can do.

    ``low`` and ``high`` bound what can be; ``step`` is the largest change between two readings a minute apart;
    ``still`` is how long (ms, `SURE` at least) the quantity may keep one value; ``rests`` is a value it may keep for
    ever (light at night is 0); ``tolerance`` is how far a healthy sensor may move against its neighbours.
    """

    low: float
    high: float
    step: float
    still: int
    tolerance: float
    rests: float | None = None


# Our own judgement of what such sensors resolve and what the air of a room can do in a minute; no standard says it.
NATURES: dict[str, Nature] = {
    "temperature": Nature(-40, 85, 3, 6 * HOUR, 1.5),
    "humidity": Nature(0, 100, 15, 6 * HOUR, 8),
    "co2": Nature(250, 10_000, 600, 2 * HOUR, 200),
    "light": Nature(0, 120_000, 120_000, 12 * HOUR, 500, rests=0),
    "noise": Nature(0, 140, 100, 2 * HOUR, 10, rests=0),
}


def of_the_day(metric: str, samples: Sequence[Sample], now_ms: int, nature: Nature) -> list[Finding | None]:
    """What the readings of the last `DAY` (ascending) say by themselves."""
    return [stuck(metric, samples, nature), jump(metric, samples, nature), gap(metric, samples, now_ms)]


def unremarkable(metric: str, samples: Sequence[Sample], now_ms: int, nature: Nature) -> bool:
    """Whether the readings of the last `SURE` (ascending) prove that nothing would be found in those of the day.

    The value changed too lately to be stuck, no pause is as long as the shortest gap, and no step of the last hour is
    too large: so the day, twelve times as much to read, need not be asked. False proves nothing.
    """
    moments = [now_ms - SURE, *(sample.ts for sample in samples), now_ms]
    if not samples or any(after - before > SHORTEST_GAP for before, after in itertools.pairwise(moments)):
        return False
    last = samples[-1].value
    moves = last == nature.rests or any(sample.value != last for sample in samples)
    return moves and jump(metric, samples, nature) is None


def stuck(metric: str, samples: Sequence[Sample], nature: Nature) -> Finding | None:
    """The value stands still for longer than the quantity can and three times longer than it did before here.

    Where half a day before it is known, and its night with it, what it did there takes the place of what it can.
    """
    runs = _runs(samples)
    if not runs:
        return None
    begun, lasted = runs[-1]
    value = samples[-1].value
    longest = max((length for _, length in runs[:-1]), default=0)
    known = begun - samples[0].ts >= KNOWN
    patience = max(SURE if known else nature.still, LONGER_THAN_EVER * longest)
    if value == nature.rests or lasted < patience:
        return None
    why = f"{value:g} for {lasted / HOUR:.1f} h; the longest before was {longest / HOUR:.1f} h"
    figures = {"value": value, "hours": round(lasted / HOUR, 1), "before": round(longest / HOUR, 1)}
    return Finding("stuck", metric, begun, why, figures)


def jump(metric: str, samples: Sequence[Sample], nature: Nature, recent_ms: int = HOUR) -> Finding | None:
    """A value that cannot be, or a step that the quantity cannot make, in the last ``recent_ms`` of the window."""
    if not samples:
        return None
    first = samples[-1].ts - recent_ms
    before: Sample | None = None
    for sample in samples:
        if sample.ts >= first:
            if not nature.low <= sample.value <= nature.high:
                why = f"{sample.value:g} is outside {nature.low:g} to {nature.high:g}"
                figures = {"value": sample.value, "low": nature.low, "high": nature.high}
                return Finding("jump", metric, sample.ts, why, figures, "range")
            if before is not None and abs(sample.value - before.value) > _allowed(before, sample, nature):
                why = f"from {before.value:g} to {sample.value:g} at once"
                return Finding("jump", metric, sample.ts, why, {"from": before.value, "to": sample.value})
        before = sample
    return None


def drift(
    metric: str, own: Slots, neighbours: Sequence[Slots], nature: Nature, recent_ms: int = 3 * HOUR
) -> Finding | None:
    """The sensor moved away from the median of its neighbours, against how it stood to them in the window before.

    Rooms differ for good reasons, so the distance itself says nothing; its change does. The usual spread of the
    distance (1.4826 times the median absolute deviation, three of them) is allowed on top of the tolerance. Two
    neighbours are needed: with one, nobody can tell which of the two moved.
    """
    if len(neighbours) < 2 or not own:
        return None
    apart = _distances(own, neighbours)
    border = max(own) + SLOT - recent_ms
    past = [distance for ts, distance in apart if ts < border]
    recent = [distance for ts, distance in apart if ts >= border]
    if len(past) < 2 * len(recent) or not recent:
        return None
    usual = median(past)
    spread = 1.4826 * median(abs(distance - usual) for distance in past)
    moved = median(recent) - usual
    if abs(moved) <= nature.tolerance + 3 * spread:
        return None
    why = f"moved {moved:+.1f} against {len(neighbours)} neighbours"
    return Finding("drift", metric, border, why, {"moved": f"{moved:+.1f}", "n": len(neighbours)})


def gap(metric: str, samples: Sequence[Sample], now_ms: int, recent_ms: int = HOUR) -> Finding | None:
    """Five intervals of this sensor without a reading, now or within the last ``recent_ms``."""
    if len(samples) < 3:
        return None
    moments = [sample.ts for sample in samples]
    usual = median(after - before for before, after in itertools.pairwise(moments))
    longest = _longest_pause(moments)
    for before, after in zip(moments, [*moments[1:], now_ms], strict=True):
        if after >= now_ms - recent_ms and after - before > longest:
            why = f"no reading for {(after - before) / 60_000:.0f} min; usual is one each {usual / 1000:.0f} s"
            figures = {"minutes": round((after - before) / 60_000), "usual": round(usual / 1000)}
            return Finding("gap", metric, before, why, figures)
    return None


def _runs(samples: Sequence[Sample]) -> list[tuple[int, int]]:
    """Start and length (ms) of each stretch of one value, ascending; a gap ends it, for nobody knows what was then."""
    runs: list[tuple[int, int]] = []
    longest = _longest_pause([sample.ts for sample in samples])
    last: Sample | None = None
    for sample in samples:
        if last is None or sample.value != last.value or sample.ts - last.ts > longest:
            runs.append((sample.ts, 0))
        else:
            runs[-1] = (runs[-1][0], sample.ts - runs[-1][0])
        last = sample
    return runs


def _longest_pause(moments: Sequence[int]) -> float:
    """How long (ms) this sensor may be silent before that is a gap."""
    usual = median(after - before for before, after in itertools.pairwise(moments)) if len(moments) > 1 else 0
    return max(GAP_INTERVALS * usual, SHORTEST_GAP)


def _allowed(before: Sample, after: Sample, nature: Nature) -> float:
    # After a silence anything the quantity could do in that time is possible.
    return nature.step * max(1.0, (after.ts - before.ts) / 60_000)


def _distances(own: Slots, others: Sequence[Slots]) -> list[tuple[int, float]]:
    found = []
    for slot, value in own.items():
        values = [other[slot] for other in others if slot in other]
        if len(values) >= 2:
            found.append((slot, value - median(values)))
    return found
