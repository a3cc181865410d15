"""A device that comes and goes is told; one whose parent comes and goes is not."""

from pathlib import Path

from campus import db
from campus.series.sqlite import SqliteSeries
from devices.health.flapping import HOUR, flapping
from devices.health.judge import device_health
from tests.devices.conftest import SCHOOL, Rig


def codes(rig: Rig, folder: Path, device: str) -> list[str]:
    series = SqliteSeries(folder / "flapping.db")
    with db.read(rig.engine) as conn:
        health = device_health(conn, series, SCHOOL, device, rig.clock.now())
    series.close()
    return [found.code for found in health.findings]


def test_three_silences_in_an_hour_are_told_and_old_ones_are_forgotten() -> None:
    assert flapping([1, 2], 10) is None
    found = flapping([3, 1, 2], 10)
    assert found is not None
    assert found.since == 1
    assert flapping([1, 2, 3], 3 + HOUR) is None


def test_a_stored_history_of_coming_and_going_is_told_but_not_of_children_behind_their_parent(
    rig: Rig, tmp_path: Path
) -> None:
    for _ in range(3):
        assert codes(rig, tmp_path, "co2-101") == []
        rig.handle(*(rig.reading(device) for device in ("co2-101", "agent-1", "gate-1")))
        rig.wait(200)
    assert codes(rig, tmp_path, "co2-101") == ["flapping"]
    assert codes(rig, tmp_path, "agent-1") == ["flapping"]
    assert codes(rig, tmp_path, "gate-1") == []
