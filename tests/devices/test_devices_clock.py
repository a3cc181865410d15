"""Whether a device's clock runs away, seen through a network that is slow now and then and through corrections."""

import random

from campus.series.store import Sample
from devices.health.clock import DRIFTING, HOUR, ClockRun, gained

TEN = 10 * 60_000


def offsets(hours: int, per_day_ms: float, seed: int = 3) -> list[Sample]:
    """One offset each ten minutes; each twentieth message took seconds to arrive."""
    chance = random.Random(seed)
    slow = [chance.uniform(1000, 8000) if chance.random() < 0.05 else chance.gauss(40, 30) for _ in range(hours * 6)]
    return [Sample(n * TEN, per_day_ms * n * TEN / (24 * HOUR) - late) for n, late in enumerate(slow)]


def test_a_clock_that_gains_is_measured_and_one_that_is_kept_is_steady() -> None:
    found = gained(offsets(12, 8000))
    assert found is not None
    assert abs(found - 8000) < 300
    assert ClockRun(0, found).drifting
    kept = gained(offsets(12, 0))
    assert kept is not None
    assert abs(kept) < DRIFTING / 10


def test_a_correction_in_between_does_not_hide_that_it_runs_away() -> None:
    run = offsets(24, -20_000)
    corrected = [Sample(s.ts, s.value + (5000 if s.ts > 16 * HOUR else 0)) for s in run]
    found = gained(corrected)
    assert found is not None
    assert found < -DRIFTING


def test_an_hour_says_nothing_of_a_clock() -> None:
    assert gained(offsets(1, 50_000)) is None
    assert not ClockRun(90_000, None).drifting
