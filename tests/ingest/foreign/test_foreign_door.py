"""The mapping table: which codec reads what, whose it is, and what becomes of strangers; through the real pipeline."""

import pytest

from campus import db
from campus.clock import VirtualClock
from campus.envelope import Source
from campus.errors import PayloadError, SettingsError
from campus.events import Readings, SensorAlarm
from campus.mqtt.client import Message
from campus.settings import Foreign
from campus.tables import dead_letters
from devices.trust.quarantine import quarantine, unknown
from ingest.door import Door
from ingest.foreign.door import ForeignDoor, behind
from ingest.pipeline import Pipeline
from tests.ingest.conftest import Bench

ROWS = (
    Foreign(filter="zigbee2mqtt/#", codec="zigbee2mqtt"),
    Foreign(filter="shellies/#", codec="shelly", prefix="s-"),
    Foreign(filter="v1/devices/me/telemetry", codec="thingsboard", device="env-9", school="school-2"),
)


class Known:
    def source(self, school: str, device: str) -> Source | None:
        known = {("school-1", "smoke-1"), ("school-2", "env-9"), ("school-1", "s-shellyht-1")}
        return Source(school, device, "sensor") if (school, device) in known else None


@pytest.fixture
def door() -> ForeignDoor:
    return ForeignDoor(ROWS, "school-1", Known(), 300)


def message(topic: str, payload: bytes, *, retain: bool = False) -> Message:
    return Message(topic, payload, 1, retain, 1, 1, False)


def test_a_device_that_names_itself_is_found_in_the_registry(door: ForeignDoor, clock: VirtualClock) -> None:
    found = door.enter(message("zigbee2mqtt/smoke-1", b'{"smoke":true}'), clock.now())
    assert [type(one.body) for one in found.envelopes] == [Readings, SensorAlarm]
    assert {one.device for one in found.envelopes} == {"smoke-1"}
    assert found.envelopes[1].id
    assert found.strangers == ()


def test_a_row_names_the_device_or_puts_something_before_its_name(door: ForeignDoor, clock: VirtualClock) -> None:
    (one,) = door.enter(message("v1/devices/me/telemetry", b'{"co2":800}'), clock.now()).envelopes
    assert (one.school, one.device) == ("school-2", "env-9")
    (one,) = door.enter(message("shellies/shellyht-1/sensor/temperature", b"21"), clock.now()).envelopes
    assert one.device == "s-shellyht-1"


def test_what_no_row_fits_is_refused(door: ForeignDoor, clock: VirtualClock) -> None:
    with pytest.raises(PayloadError, match=r"no \[\[foreign\]\] fits it"):
        door.enter(message("homeassistant/sensor/x/config", b"{}"), clock.now())


def test_a_dead_letter_names_the_codec(door: ForeignDoor, clock: VirtualClock) -> None:
    with pytest.raises(PayloadError, match="zigbee2mqtt: "):
        door.enter(message("zigbee2mqtt/smoke-1", b"{"), clock.now())


def test_strangers_of_a_bridge_are_held_in_quarantine_with_what_they_are(bench: Bench, door: ForeignDoor) -> None:
    pipeline = Pipeline(
        bench.engine, Door(Known(), 300), (), bench.sink, bench.clock, lambda _: None, quarantine, foreign=door
    )
    listed = b'[{"friendly_name":"0xa","definition":{"vendor":"Aqara","model":"X"}},{"friendly_name":"smoke-1"}]'
    pipeline.process([message("zigbee2mqtt/bridge/devices", listed, retain=True)])
    with db.read(bench.engine) as conn:
        assert [one.device for one in unknown(conn, "school-1")] == ["0xa"]
    (letter,) = bench.rows(dead_letters)
    assert letter.reason == "unknown device"
    assert b"Aqara" in letter.payload


@pytest.mark.parametrize(
    ("filter_", "topic", "left"),
    [
        ("zigbee2mqtt/#", "zigbee2mqtt/a/b", ["a", "b"]),
        ("zigbee2mqtt/#", "zigbee2mqtt", []),
        ("tele/+/SENSOR", "tele/plug/SENSOR", ["plug", "SENSOR"]),
        ("tele/+/SENSOR", "tele/plug/STATE", None),
        ("tele/+/SENSOR", "tele/plug/SENSOR/x", None),
        ("a/b", "a/b", ["b"]),
        ("a/b", "a/c", None),
    ],
)
def test_a_filter_fits_as_the_broker_means_it(filter_: str, topic: str, left: list[str] | None) -> None:
    assert behind(filter_, topic) == left


def test_a_row_that_cannot_work_is_refused() -> None:
    with pytest.raises(SettingsError, match="no codec 'knx'"):
        ForeignDoor([Foreign(filter="knx/#", codec="knx")], "school-1", Known(), 300)
    with pytest.raises(SettingsError, match="would take our own topics"):
        Foreign(filter="#", codec="shelly")
