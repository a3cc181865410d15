"""The health of batteries, gates, cameras and headsets, each against a fault that is known."""

import math
import random
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from campus.clock import VirtualClock, to_ms
from campus.db import read, write
from campus.events import CameraTamper, Status
from campus.series.sqlite import SqliteSeries
from campus.series.store import Point, Sample
from devices.control.stage import ControlStage
from devices.health.battery import DAY, HOUR, battery_end, battery_ending
from devices.health.camera import slow_frames, tampered
from devices.health.gate import Lane, read_errors, silent_in_rush
from devices.health.headset import hot, worn
from devices.health.judge import Rush, charge_cycles, device_health
from devices.ledger.assets import Amendment, amend
from devices.tables import devices
from tests.devices.conftest import SCHOOL, Rig

MINUTE = 60_000


@pytest.fixture
def series(tmp_path: Path) -> Iterator[SqliteSeries]:
    store = SqliteSeries(tmp_path / "series.db")
    yield store
    store.close()


def falling(days: int, start: float = 90.0, per_day: float = 3.0) -> list[Sample]:
    return [Sample(n * HOUR, start - per_day * n / 24) for n in range(days * 24)]


def test_a_batterys_end_is_predicted_through_noise_and_wild_readings() -> None:
    chance = random.Random(7)
    noisy = [
        Sample(s.ts, 0.0 if chance.random() < 0.05 else s.value + chance.gauss(0, 1)) for s in falling(10)
    ]  # fmt: skip
    end = battery_end(noisy)
    assert end is not None
    assert end.at / DAY == pytest.approx((90 - 5) / 3, abs=1.5)
    assert end.per_day == pytest.approx(3, abs=0.2)


def test_only_the_run_since_the_last_charge_counts() -> None:
    before = falling(5)
    after = [Sample(before[-1].ts + HOUR + s.ts, s.value) for s in falling(5, start=100, per_day=10)]
    end = battery_end([*before, *after])
    assert end is not None
    assert end.per_day == pytest.approx(10, abs=0.5)


def test_a_battery_that_will_be_empty_within_two_weeks_is_told_and_one_that_does_not_fall_is_not() -> None:
    soon = falling(20)
    assert battery_ending(soon, soon[-1].ts) is not None
    assert battery_ending(soon, soon[-1].ts - 10 * DAY) is None
    assert battery_end([Sample(n * HOUR, 80.0) for n in range(48)]) is None


def test_a_lane_that_is_up_and_silent_in_the_rush_is_found_within_minutes() -> None:
    # 40 passes in a quarter of an hour is usual: after four minutes without one nobody believes in chance.
    for minutes in range(1, 16):
        usual = round(40 * minutes / 15)
        lane = Lane(0, (usual,) * 5, neighbours=usual * 2, neighbours_past=(usual * 2,) * 5)
        if silent_in_rush(lane, 0) is not None:
            break
    assert minutes == 4


def test_a_day_off_blames_no_lane_and_a_pass_clears_it() -> None:
    assert silent_in_rush(Lane(0, (40,) * 5, neighbours=0, neighbours_past=(80,) * 5), 0) is None
    assert silent_in_rush(Lane(1, (40,) * 5, neighbours=80, neighbours_past=(80,) * 5), 0) is None
    assert silent_in_rush(Lane(0, (40, 40)), 0) is None


def test_false_alarms_of_a_working_lane_are_as_rare_as_promised() -> None:
    chance = random.Random(11)

    def passes(mean: float) -> int:
        level, count, product = math.exp(-mean), 0, chance.random()
        while product > level:
            count, product = count + 1, product * chance.random()
        return count

    def blamed_when_empty(mean: float) -> float:
        """The share of lanes without a pass that are blamed, of working lanes with ``mean`` passes on a usual day."""
        lanes = (
            Lane(0, tuple(passes(mean) for _ in range(5)), passes(3 * mean), (round(3 * mean),) * 5) for _ in range(400)
        )
        return sum(silent_in_rush(lane, 0) is not None for lane in lanes) / 400

    # A working lane is without a pass with the chance exp(-mean); only then can it be blamed.
    shares = {mean: blamed_when_empty(mean) for mean in (6, 8, 9, 10, 12, 15, 20)}
    assert max(math.exp(-mean) * share for mean, share in shares.items()) <= 1e-4
    assert shares[20] == 1  # and a dead lane of a busy gate is always told


def test_unreadable_cards_count_from_a_tenth_on() -> None:
    assert read_errors(90, 10, 0) is None
    found = read_errors(89, 11, 0)
    assert found is not None
    assert found.why == "11 of 100 could not be read"
    assert read_errors(0, 19, 0) is None


def test_a_camera_is_slow_blind_or_moved() -> None:
    assert slow_frames([Sample(n, 4.0) for n in range(5)], 5) is None
    assert slow_frames([Sample(n, 3.0) for n in range(5)], 5) is not None
    assert tampered("", 0, HOUR) is None
    assert tampered("covered", 0, MINUTE - 1) is None
    codes = [found.code for kind in ("covered", "moved") if (found := tampered(kind, 0, HOUR))]
    assert codes == ["blind", "tampered"]


def test_a_headset_is_hot_when_heat_lasts_and_worn_when_it_does_not_last_a_lesson() -> None:
    warm = [Sample(n * MINUTE, 46.0) for n in range(6)]
    assert hot(warm) is not None
    assert hot(warm[:-1]) is None
    assert hot([*warm, Sample(6 * MINUTE, 40.0)]) is None
    assert worn([Sample(n * 15 * MINUTE, 100 - n * 30.0) for n in range(3)]) is not None
    assert worn([Sample(n * 15 * MINUTE, 100 - n * 10.0) for n in range(3)]) is None


def judged(rig: Rig, clock: VirtualClock, series: SqliteSeries, device: str, rush: Rush | None = None) -> list[str]:
    with read(rig.engine) as conn:
        return [f.code for f in device_health(conn, series, SCHOOL, device, clock.now(), rush=rush).findings]


def minutes_of(device: str, metric: str, clock: VirtualClock, values: Sequence[float]) -> list[Point]:
    """One value a minute, the last one now."""
    now = to_ms(clock.now())
    return [Point(SCHOOL, device, metric, now - n * MINUTE, v) for n, v in enumerate(reversed(values))]


def say(rig: Rig, device: str, **health: float) -> None:
    body = Status(state="online", ts=to_ms(rig.clock.now()), boot="b1", health=health)
    rig.handle(rig.envelope(device, body, boot="b1"))


def tell(rig: Rig, body: CameraTamper) -> None:
    with write(rig.engine) as conn:
        ControlStage().handle(conn, [rig.envelope("cam-1", body, id="e")], rig.clock.now())


def test_a_camera_is_judged_by_its_pictures_a_second_and_by_what_it_says_of_them(
    rig: Rig, clock: VirtualClock, series: SqliteSeries
) -> None:
    say(rig, "cam-1", fps=5.0, fps_wanted=5.0)
    series.write(minutes_of("cam-1", "fps", clock, [4.9] * 120))
    assert judged(rig, clock, series, "cam-1") == []
    series.write(minutes_of("cam-1", "fps", clock, [4.9] * 60 + [2.0] * 61))
    assert judged(rig, clock, series, "cam-1") == ["slow_frames"]
    tell(rig, CameraTamper(kind="covered", active=True))
    assert judged(rig, clock, series, "cam-1") == ["slow_frames"]
    clock.advance(timedelta(minutes=2))
    tell(rig, CameraTamper(kind="covered", active=True))
    assert judged(rig, clock, series, "cam-1") == ["blind", "slow_frames"]
    tell(rig, CameraTamper(kind="covered", active=False))
    assert judged(rig, clock, series, "cam-1") == ["slow_frames"]


def test_a_camera_that_does_not_say_what_it_should_give_is_held_against_its_own_past(
    rig: Rig, clock: VirtualClock, series: SqliteSeries
) -> None:
    series.write(minutes_of("cam-1", "fps", clock, [25.0] * 200))
    assert judged(rig, clock, series, "cam-1") == []
    series.write(minutes_of("cam-1", "fps", clock, [25.0] * 140 + [8.0] * 61))
    assert judged(rig, clock, series, "cam-1") == ["slow_frames"]


def test_a_gate_is_judged_by_its_unread_cards_and_by_the_rush(
    rig: Rig, clock: VirtualClock, series: SqliteSeries
) -> None:
    say(rig, "gate-1", passes_hour=200.0, errors_hour=5.0)
    assert judged(rig, clock, series, "gate-1", lambda *_: {"gate-2": 40.0}) == []
    assert judged(rig, clock, series, "gate-1", lambda *_: {"gate-1": 40.0}) == ["silent_in_rush"]
    say(rig, "gate-1", passes_hour=60.0, errors_hour=40.0)
    assert judged(rig, clock, series, "gate-1") == ["read_errors"]


def test_a_headset_is_judged_by_its_last_use_and_not_by_the_thermometer_of_a_room(
    rig: Rig, clock: VirtualClock, series: SqliteSeries
) -> None:
    with write(rig.engine) as conn:
        conn.execute(devices.update().where(devices.c.id == "co2-101").values(kind="headset"))
    series.write(minutes_of("co2-101", "temperature", clock, [31.0] * 700))  # in its cupboard
    series.write(minutes_of("co2-101", "worn", clock, [0.0] * 60 + [1.0] * 30 + [0.0] * 30))
    used = [80 - n for n in range(30)]
    series.write(minutes_of("co2-101", "battery", clock, [80.0] * 60 + used + [51.0] * 30))
    assert judged(rig, clock, series, "co2-101") == []
    used = [99 - 2.5 * n for n in range(30)]
    series.write(minutes_of("co2-101", "battery", clock, [100.0] * 60 + used + [26.0] * 30))
    assert judged(rig, clock, series, "co2-101") == ["battery_worn"]
    assert charge_cycles(series, SCHOOL, "co2-101", clock.now()) == 0.7


def test_a_sensor_whose_calibration_is_due_says_so_from_the_day_on(
    rig: Rig, clock: VirtualClock, series: SqliteSeries
) -> None:
    today = clock.now().date()
    for days, found in ((1, []), (0, ["calibration_due"]), (-3, ["calibration_due"])):
        with write(rig.engine) as conn:
            due = Amendment(calibration_due=today + timedelta(days=days))
            amend(conn, SCHOOL, "co2-101", due, "facility", clock.now())
        assert judged(rig, clock, series, "co2-101") == found


def test_a_device_is_judged_by_its_stored_battery(rig: Rig, clock: VirtualClock, series: SqliteSeries) -> None:
    now = to_ms(clock.now())
    series.write([Point(SCHOOL, "co2-101", "battery", now - n * HOUR, 20 + n * 0.1) for n in range(240)])
    with write(rig.engine) as conn:
        health = device_health(conn, series, SCHOOL, "co2-101", clock.now())
    assert [(found.code, found.metric) for found in health.findings] == [("battery_ending", "battery")]
    assert health.score == 80
