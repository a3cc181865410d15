"""What people and other domains ask of the devices."""

from datetime import timedelta

import pytest

from campus import db
from campus.errors import NotFound
from devices.queries import device_detail, device_list, outages
from devices.registry import Registry
from tests.devices.conftest import SCHOOL, Rig


def test_the_list_shows_what_needs_a_person_first(rig: Rig) -> None:
    rig.handle(rig.reading("agent-1"), rig.reading("gate-1"))
    rig.wait(300)
    rig.handle(rig.reading("co2-101"))
    with db.read(rig.engine) as conn:
        rows = device_list(conn, SCHOOL, rig.clock.now() + timedelta(seconds=5))
    assert [(row.device.id, row.state, row.reason) for row in rows] == [
        ("agent-1", "offline", "heartbeat too old"),
        ("gate-1", "offline", "parent"),
        ("cam-1", "never_seen", "never heard"),
        ("co2-101", "online", "heard"),
    ]
    assert [row.quiet_s for row in rows] == [305.0, 305.0, None, 5.0]
    assert rows[1].place_name_en == "North gate"


def test_the_detail_knows_the_children(rig: Rig) -> None:
    assert rig.detail("agent-1").children == ("cam-1", "gate-1")


def test_a_device_that_does_not_exist_is_not_found(rig: Rig) -> None:
    with db.read(rig.engine) as conn, pytest.raises(NotFound, match="no device 'ghost'"):
        device_detail(conn, SCHOOL, "ghost", rig.clock.now())
    with db.read(rig.engine) as conn, pytest.raises(NotFound, match="no device 'ghost'"):
        Registry(rig.engine).get(conn, SCHOOL, "ghost")


def test_outages_are_those_that_touch_the_time_asked_for(rig: Rig) -> None:
    rig.handle(rig.reading("co2-101"))
    start = rig.clock.now()
    rig.wait(300)
    rig.handle(rig.reading("co2-101"))
    end = rig.clock.now()

    def found(from_s: float, to_s: float, kind: str = "sensor") -> int:
        with db.read(rig.engine) as conn:
            return len(outages(conn, SCHOOL, kind, start + timedelta(seconds=from_s), start + timedelta(seconds=to_s)))

    assert end == start + timedelta(seconds=300)
    assert found(-60, 0) == 0  # over before it began
    assert found(-60, 1) == 1
    assert found(299, 400) == 1
    assert found(300, 400) == 0  # began when it was over
    assert found(-60, 400, "gate") == 0
