"""What the heartbeat tells of the machine."""

from pathlib import Path

from edge_agent.machine import machine_health


def test_the_hottest_zone_that_can_be_read_and_the_free_disk_are_told(tmp_path: Path) -> None:
    for number, text in enumerate(("41000\n", "63500\n", "nothing\n")):
        zone = tmp_path / f"thermal_zone{number}"
        zone.mkdir()
        (zone / "temp").write_text(text, encoding="ascii")
    health = machine_health(tmp_path, tmp_path)
    assert health["temperature"] == 63.5
    assert 0 < health["disk_free"] <= 1


def test_a_machine_that_tells_nothing_is_no_error(tmp_path: Path) -> None:
    assert machine_health(tmp_path / "absent", tmp_path) == {}
