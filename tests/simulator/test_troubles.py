"""Troubles at random: the same of the same seed, truth that knows them, a network that loses and holds up."""

from datetime import UTC, date, datetime, timedelta

import pytest

from benchmarks.weeks import judge, load
from simulator.day.air import first_held
from simulator.day.foretold import truth_of
from simulator.day.troubles import HELD_UP_S, disturbed, troubles
from simulator.day.truth import ExpectedAlarm, SeenAlarm
from simulator.day.wire import Outgoing
from simulator.school.school import build_school
from simulator.school.values import SimulatedSchool

MONDAY, SUNDAY = date(2026, 9, 7), date(2026, 9, 13)
NINE = datetime(2026, 9, 7, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def school() -> SimulatedSchool:
    return build_school(5, b"a key for tests only, 32 bytes..", MONDAY)


def test_a_day_draws_the_same_troubles_every_time_and_another_day_others(school: SimulatedSchool) -> None:
    monday = troubles(school, MONDAY)
    assert monday == troubles(school, MONDAY)
    assert monday.script != troubles(school, MONDAY + timedelta(days=1)).script
    assert sum(one.part == "slips away" and one.goes is not None for one in monday.days) >= 3


def test_a_sunday_has_no_troubles(school: SimulatedSchool) -> None:
    assert troubles(school, SUNDAY).days == ()
    assert troubles(school, SUNDAY).script.self_raised == ()


def test_the_truth_knows_every_trouble_that_must_ring(school: SimulatedSchool) -> None:
    played = troubles(school, MONDAY)
    rules = [one.rule for one in truth_of(school, MONDAY, played=played.script, days=played.days).alarms]
    assert rules.count("device-silent-gate") == 2
    assert rules.count("device-silent-camera") == 2
    assert (rules.count("smoke"), rules.count("panic"), rules.count("door-open")) == (2, 1, 3)
    assert rules.count("intrusion") == 1
    assert rules.count("left-in-school-hours") == sum(one.part == "slips away" for one in played.days)
    assert rules.count("co2-high") <= len(played.script.stuffy_rooms)


def test_a_poor_network_loses_holds_up_and_repeats_and_keeps_the_order(school: SimulatedSchool) -> None:
    said = [Outgoing(NINE + timedelta(seconds=n), "campus/s/d/telemetry", b"%d" % n) for n in range(20_000)]
    heard = list(disturbed(said, school, MONDAY))
    assert [one.at for one in heard] == sorted(one.at for one in heard)
    payloads = {one.payload for one in heard}
    assert 0.005 < 1 - len(payloads) / len(said) < 0.02
    assert 0.005 < 1 - len(payloads) / len(heard) < 0.02
    late = [one for one in heard if one.at > NINE + timedelta(seconds=int(one.payload))]
    assert 0.005 < len(late) / len(said) < 0.02
    assert all(one.at - NINE - timedelta(seconds=int(one.payload)) <= timedelta(seconds=HELD_UP_S[1]) for one in late)


def test_an_event_is_never_lost(school: SimulatedSchool) -> None:
    said = [Outgoing(NINE, "campus/s/d/event", b"%d" % n) for n in range(2000)]
    assert {one.payload for one in disturbed(said, school, MONDAY)} == {one.payload for one in said}


def test_air_is_held_above_a_limit_without_a_sample_below() -> None:
    samples = [
        (NINE + timedelta(minutes=n), {"co2": v}) for n, v in enumerate((900, 1600, 1600, 1400, 1600, 1600, 1600))
    ]
    assert first_held(iter(samples), "co2", 1500, timedelta(minutes=2)) == NINE + timedelta(minutes=6)
    assert first_held(iter(samples), "co2", 1500, timedelta(minutes=3)) is None


def test_alarms_are_judged_by_rule_subject_and_time() -> None:
    def must(subject: str, minute: int) -> ExpectedAlarm:
        at = NINE + timedelta(minutes=minute)
        return ExpectedAlarm(rule="smoke", subject=subject, device=subject, at=at, within_s=60, why="w")

    def seen(subject: str, minute: int, rule: str = "smoke") -> SeenAlarm:
        return SeenAlarm(rule, subject, NINE + timedelta(minutes=minute))

    found = judge(
        [must("a", 0), must("b", 0), must("c", 0)],
        [seen("a", 0), seen("a", 1), seen("b", 30), seen("c", 11), seen("x", 0, "gas")],
    )
    smoke = found["smoke"]
    assert (smoke.right, smoke.wrong, smoke.missed, smoke.waits) == (2, 2, 1, (0.0, 660.0))
    assert smoke.precision == 0.5
    assert smoke.recall == pytest.approx(2 / 3)
    assert (found["gas"].precision, found["gas"].recall) == (0.0, None)


def test_the_load_is_of_one_guard() -> None:
    assert load([NINE, NINE, NINE + timedelta(minutes=30)], 1, 2)[:2] == (pytest.approx(3 / 67.5 / 2), 1.0)
