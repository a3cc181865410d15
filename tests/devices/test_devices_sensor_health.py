"""A sensor's health: what is found in made series, and in real ones with faults put in at known times."""

import math
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import device_health as bench
from campus.series.store import Sample
from devices.health.finding import conclude
from devices.health.sensor import HOUR, NATURES, SLOT, SURE, Slots, drift, gap, jump, of_the_day, stuck, unremarkable

MINUTE = 60_000
WARM = NATURES["temperature"]


def day(hours: float = 24, plus: float = 0.0) -> list[Sample]:
    """A room that warms and cools by two degrees, one reading a minute."""
    return [Sample(n * MINUTE, 20 + plus + 2 * math.sin(n / 200)) for n in range(int(hours * 60))]


def slots(samples: Sequence[Sample]) -> Slots:
    return {sample.ts: sample.value for sample in samples if sample.ts % SLOT == 0}


@st.composite
def days(draw: st.DrawFn) -> list[Sample]:
    """A thermometer that moves, lies still, pauses and steps; its last hours are calmer."""
    stretches = draw(st.lists(st.tuples(st.integers(1, 200), st.sampled_from("mlps")), max_size=8))
    stretches += draw(st.lists(st.tuples(st.integers(1, 80), st.sampled_from("mmml")), max_size=4))
    ts, value, found = 0, 20.0, []
    for minutes, what in stretches:
        for _ in range(minutes):
            ts += MINUTE * (6 if what == "p" else 1)
            value += {"m": 0.1, "s": 3.5}.get(what, 0.0)
            found.append(Sample(ts, value))
    return found


@given(own=days(), late=st.integers(0, 7), every=st.sampled_from([1, 3]))
def test_what_two_hours_prove_well_has_nothing_found_in_the_day(own: list[Sample], late: int, every: int) -> None:
    now = (own[-1].ts if own else 0) + late * MINUTE
    window = [sample for sample in own[::every] if sample.ts >= now - 24 * HOUR]
    if unremarkable("temperature", [sample for sample in window if sample.ts >= now - SURE], now, WARM):
        assert of_the_day("temperature", window, now, WARM) == [None, None, None]


def test_nothing_may_stand_still_for_less_than_what_is_read_to_see_that_it_moves() -> None:
    assert all(nature.still >= SURE for nature in NATURES.values())


def test_a_sensor_that_works_is_proved_well_by_two_hours() -> None:
    own = [sample for sample in day() if sample.ts >= 22 * HOUR]
    assert unremarkable("temperature", own, 24 * HOUR, WARM)
    dark = [Sample(sample.ts, 0.0) for sample in own]
    assert unremarkable("light", dark, 24 * HOUR, NATURES["light"])
    assert not unremarkable("temperature", dark, 24 * HOUR, WARM)
    assert not unremarkable("temperature", own[::6], 24 * HOUR, WARM)
    assert not unremarkable("temperature", [], 24 * HOUR, WARM)


def test_a_healthy_sensor_has_a_hundred_and_no_findings() -> None:
    own = day()
    assert bench.profile("temperature", own, [day(plus=1), day(plus=-2)], own[-1].ts) == []
    assert (conclude([None]).score, conclude([None]).findings) == (100, ())


def test_a_value_that_stands_still_for_longer_than_ever_is_stuck_since_its_first_reading() -> None:
    own = day(6)  # too little of its past is known to hold it against that
    still = own + [Sample(own[-1].ts + n * MINUTE, own[-1].value) for n in range(1, 6 * 60 + 1)]
    found = stuck("temperature", still, WARM)
    assert found is not None
    assert found.since == own[-1].ts
    assert stuck("temperature", still[:-1], WARM) is None


def test_a_value_is_stuck_sooner_where_its_own_day_is_known_and_a_pause_is_no_standing_still() -> None:
    own = day(20)
    still = own + [Sample(own[-1].ts + n * MINUTE, own[-1].value) for n in range(1, 121)]
    assert stuck("temperature", still, WARM) is not None
    assert stuck("temperature", still[:-1], WARM) is None
    paused = own + [Sample(own[-1].ts + 3 * HOUR + n * MINUTE, own[-1].value) for n in range(100)]
    assert stuck("temperature", paused, WARM) is None


def test_drift_looks_back_over_a_day_without_readings() -> None:
    whole = {plus: day(72, plus) for plus in (0.0, 1.0, 3.0)}
    silent = {plus: [s for s in own if not 40 * HOUR < s.ts < 64 * HOUR] for plus, own in whole.items()}
    own = [Sample(s.ts, s.value + (2.5 if s.ts > 64 * HOUR else 0)) for s in silent[3.0]]
    near = [silent[0.0], silent[1.0]]
    assert "drift" in [found.code for found in bench.profile("temperature", own, near, own[-1].ts)]
    assert "drift" not in [found.code for found in bench.profile("temperature", silent[3.0], near, own[-1].ts)]


def test_a_night_of_darkness_is_no_stuck_lamp_meter() -> None:
    assert stuck("light", [Sample(n * MINUTE, 0.0) for n in range(24 * 60)], NATURES["light"]) is None


def test_a_step_that_air_cannot_make_is_a_jump_but_not_after_a_long_silence() -> None:
    own = day(2)
    leap = Sample(own[-1].ts + MINUTE, own[-1].value + 10)
    after_an_hour = Sample(own[-1].ts + HOUR, own[-1].value + 10)
    found = jump("temperature", [*own, leap], WARM)
    assert found is not None
    assert found.since == leap.ts
    assert jump("temperature", [*own, after_an_hour], WARM) is None


def test_a_value_that_cannot_be_is_a_jump() -> None:
    found = jump("humidity", [Sample(0, 45.0), Sample(MINUTE, 104.0)], NATURES["humidity"])
    assert found is not None
    assert found.why == "104 is outside 0 to 100"


def test_drift_is_a_change_of_the_distance_to_neighbours_and_needs_two_of_them() -> None:
    own = [Sample(s.ts, s.value + (2.5 if s.ts > 20 * HOUR else 0)) for s in day(plus=3)]
    neighbours = [slots(day()), slots(day(plus=1))]
    found = drift("temperature", slots(own), neighbours, WARM)
    assert found is not None
    assert "+2.5" in found.why
    assert drift("temperature", slots(day(plus=3)), neighbours, WARM) is None
    assert drift("temperature", slots(own), neighbours[:1], WARM) is None


def test_five_intervals_without_a_reading_are_a_gap_and_a_few_minutes_are_not() -> None:
    own = day(2)
    assert gap("temperature", own, own[-1].ts + 5 * MINUTE) is None
    found = gap("temperature", own, own[-1].ts + 6 * MINUTE)
    assert found is not None
    assert found.since == own[-1].ts


def test_a_score_never_falls_below_nothing() -> None:
    own = day(1)
    broken = [gap("a", own, HOUR * 9), gap("b", own, HOUR * 9), gap("c", own, HOUR * 9), gap("d", own, HOUR * 9), None]
    assert conclude(broken).score == 0


@pytest.mark.real_data
def test_faults_put_into_real_series_are_found(real_data: Path) -> None:
    real = {f"{r.name} {r.metric}": r for r in bench.recordings(real_data)}
    office = bench.trials(real["office co2"], every=30 * MINUTE, parts=(0.5, 0.7))
    assert {trial.fault for trial in office if trial.delay is None} == set()
    assert all(trial.delay is not None and trial.delay <= 30 * MINUTE for trial in office if trial.fault == "gap")
    room = bench.trials(real["room S1 temperature"], every=30 * MINUTE, parts=(0.5,))
    assert {trial.fault for trial in room if trial.delay is not None} >= {"jump", "gap", "drift", "stuck"}


@pytest.mark.real_data
def test_untouched_real_series_are_blamed_for_nothing_but_their_real_gaps(real_data: Path) -> None:
    for recording in bench.recordings(real_data):
        if recording.metric in {"temperature", "humidity"}:
            said = bench.false_alarms(recording, every=60 * MINUTE)
            assert {finding.code for finding in said} <= {"gap"}, recording.name
