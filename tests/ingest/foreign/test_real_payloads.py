"""Real payloads of real bridges and specifications, where they are at hand."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from campus.events import Readings, Status
from ingest.foreign import chirpstack, frigate, senml, shelly, sparkplug, tasmota, thingsboard, zigbee2mqtt
from tests.ingest.foreign.test_codecs import NOW, told

pytestmark = pytest.mark.real_data


@pytest.fixture
def payloads(real_data: Path) -> Path:
    return real_data / "mqtt"


@pytest.mark.parametrize("name", [f"ex{n}" for n in range(1, 9)])
def test_senml_is_resolved_as_the_rfc_says(payloads: Path, name: str) -> None:
    truth: list[dict[str, Any]] = json.loads((payloads / f"senml/{name}.gen.resolved.json").read_text())
    now = truth[0]["t"] if name in {"ex1", "ex2", "ex7"} else NOW / 1000
    found = senml.resolve((payloads / f"senml/{name}.gen.json").read_bytes(), now)
    kept = [one for one in found if one.vd is None]  # the truth leaves binary values out
    assert len(kept) == len(truth)
    for one, wanted in zip(kept, truth, strict=True):
        wanted.pop("l", None)
        assert msgspec.to_builtins(one) == pytest.approx(wanted)
    assert senml.decode([], (payloads / f"senml/{name}.json").read_bytes(), NOW) is not None


def test_sparkplug_messages_are_read_as_their_json_says(payloads: Path) -> None:
    node = sparkplug.Sparkplug()
    for name in ("NBIRTH", "DBIRTH", "DDATA", "NDEATH"):
        told_ = json.loads((payloads / f"sparkplug_b/{name}.json").read_text())
        said = node(told_["topic"].split("/")[1:], (payloads / f"sparkplug_b/{name}.derived.bin").read_bytes(), NOW)
        values = told(said)
        for metric in told_["payload"]["metrics"]:
            if metric["name"] in {"Supply Voltage", "Inputs/A", "Inputs/C"}:
                key = metric["name"].replace("/", ".").replace(" ", "_").lower()
                assert values[key] == pytest.approx(metric["value"], rel=1e-6)
        assert any(isinstance(one.body, Readings | Status) for one in said)


def test_every_tasmota_sensor_of_its_documentation_gives_readings(payloads: Path) -> None:
    for one in json.loads((payloads / "tasmota/doc_sensors.json").read_text()):
        said = tasmota.decode(["stat", "x", "STATUS8"], json.dumps(one).encode(), NOW)
        assert told(said), one
        assert all(abs(float(value)) < 200_000 for value in told(said).values() if isinstance(value, float))
    status = (payloads / "tasmota/doc_status.json").read_bytes()
    assert told(tasmota.decode(["stat", "x", "STATUS"], status, NOW))["vcc"] == pytest.approx(3.504)


def test_zigbee_states_of_its_documentation_are_read(payloads: Path) -> None:
    read = [
        told(zigbee2mqtt.decode([one["device"]], json.dumps(one["payload"]).encode(), NOW))
        for one in json.loads((payloads / "zigbee2mqtt/doc_device_states.json").read_text())
    ]
    assert {"temperature": 27.34, "humidity": 44.72} in read
    assert {"occupancy": True} in read
    for one in json.loads((payloads / "zigbee2mqtt/doc_bridge.json").read_text()):
        payload = one["payload"] if isinstance(one["payload"], str) else json.dumps(one["payload"])
        zigbee2mqtt.decode(one["topic"].split("/")[1:], payload.encode(), NOW)


def test_other_real_messages_are_read(payloads: Path) -> None:
    up = (payloads / "chirpstack/up.json").read_bytes()
    assert told(chirpstack.decode(["event", "up"], up, NOW)) == {"rssi": -36}
    status = (payloads / "chirpstack/status.json").read_bytes()
    assert told(chirpstack.decode(["event", "status"], status, NOW)) == {"link_margin": 10, "battery": 88.3}
    assert (
        thingsboard.decode(["telemetry"], (payloads / "thingsboard/telemetry-data-with-ts.json").read_bytes(), NOW)
        == []
    )
    event = json.loads((payloads / "frigate/doc_01_events_frigate_events.json").read_text())
    said = frigate.decode(["events"], json.dumps({**event["payload"], "before": None}).encode(), NOW)
    assert {one.device for one in said} == {"front_door"}
    shown = json.loads((payloads / "shelly/ha_fixture_presence_gen4_status.json").read_text())["status"]
    notice = {"method": "NotifyFullStatus", "params": shown}
    values = told(shelly.decode(["shellypresence-1", "events", "rpc"], json.dumps(notice).encode(), NOW))
    assert values["presencezone.200.num_objects"] == 1
