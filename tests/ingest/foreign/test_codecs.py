"""What bridges and devices send in their own formats, as the readings, alarms and states of everybody else."""

import json
import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.errors import PayloadError
from campus.events import CameraIntrusion, Readings, SensorAlarm, Status
from ingest.foreign import chirpstack, frigate, senml, shelly, sparkplug, tasmota, thingsboard, zigbee2mqtt
from ingest.foreign.door import CODECS
from ingest.foreign.said import Announced, Codec, Said, device_id
from ingest.foreign.sparkplug_proto import Payload

NOW = 1_788_739_200_000


def told(said: Sequence[Said]) -> dict[str, object]:
    """What was said, in a form that a table can hold: values, alarms as kind!, states, announcements."""
    found: dict[str, object] = {}
    for one in said:
        match one.body:
            case Readings():
                for reading in one.body.items:
                    found |= reading.values
            case SensorAlarm():
                found[f"{one.body.kind}!"] = one.body.active
            case Status():
                found[one.device] = one.body.state
            case Announced():
                found[one.device] = one.body.what
            case CameraIntrusion():
                found[f"in {one.body.zone}"] = one.body.confidence
    return found


CASES: list[tuple[str, Codec, str, bytes, dict[str, object]]] = [
    ("a Zigbee sensor with its battery", zigbee2mqtt.decode, "room 7",
     b'{"temperature":21.5,"humidity":40,"battery":97,"linkquality":120,"update":{"state":"idle"}}',
     {"temperature": 21.5, "humidity": 40, "battery": 97, "linkquality": 120}),
    ("a Zigbee smoke detector", zigbee2mqtt.decode, "smoke-1", b'{"smoke":true,"battery":90}',
     {"smoke": True, "battery": 90, "smoke!": True}),
    ("an open door: contact is false", zigbee2mqtt.decode, "door", b'{"contact":false}',
     {"contact": False, "door!": True}),
    ("a panic button", zigbee2mqtt.decode, "button", b'{"action":"emergency"}', {"panic!": True}),
    ("a button that is pressed for something else", zigbee2mqtt.decode, "button", b'{"action":"single"}', {}),
    ("a plug", zigbee2mqtt.decode, "plug", b'{"state":"ON","power":12}', {"state": True, "power": 12}),
    ("availability as an object", zigbee2mqtt.decode, "plug/availability", b'{"state":"offline"}', {"plug": "offline"}),
    ("availability as a word", zigbee2mqtt.decode, "wing/plug/availability", b"online", {"wing-plug": "online"}),
    ("the bridge", zigbee2mqtt.decode, "bridge/state", b'{"state":"online"}', {zigbee2mqtt.BRIDGE: "online"}),
    ("what the bridge has, without itself", zigbee2mqtt.decode, "bridge/devices",
     b'[{"friendly_name":"0xa","type":"EndDevice","definition":{"vendor":"Aqara","model":"X"}},'
     b'{"friendly_name":"Coordinator","type":"Coordinator"}]', {"0xa": "Aqara X"}),
    ("what is asked of a device", zigbee2mqtt.decode, "plug/set", b'{"state":"ON"}', {}),
    ("a Tasmota sensor", tasmota.decode, "tele/room7/SENSOR",
     b'{"Time":"2026-09-07T08:00:00","AM2301":{"Temperature":15.5,"Humidity":50.6},"TempUnit":"C"}',
     {"temperature": 15.5, "humidity": 50.6}),
    ("a Tasmota sensor in Fahrenheit", tasmota.decode, "stat/room7/STATUS8",
     b'{"StatusSNS":{"DHT11":{"Temperature":78.8,"Humidity":27.0},"SHT3X":{"Temperature":74.8},"TempUnit":"F"}}',
     {"dht11.temperature": 26.0, "dht11.humidity": 27.0, "sht3x.temperature": 23.78}),
    ("a Tasmota plug", tasmota.decode, "tele/plug/STATE", b'{"POWER":"ON","Wifi":{"RSSI":70,"SSId":"x"}}',
     {"power": True, "wifi.rssi": 70}),
    ("Tasmota's last will", tasmota.decode, "tele/plug/LWT", b"Offline", {"plug": "offline"}),
    ("a device with its topic turned round", tasmota.decode, "plug/tele/LWT", b"Online", {"plug": "online"}),
    ("a Shelly of the first generation", shelly.decode, "shellyht-1/sensor/temperature", b"22.4",
     {"temperature": 22.4}),
    ("its flood", shelly.decode, "shellyflood-1/sensor/flood", b"true", {"water!": True}),
    ("gas that is only tested", shelly.decode, "shellygas-1/sensor/gas", b"none", {"gas!": False}),
    ("its door", shelly.decode, "shellydw-1/sensor/state", b"open", {"door!": True}),
    ("its meter", shelly.decode, "shellyem-1/emeter/0/power", b"120.5", {"emeter.0.power": 120.5}),
    ("it is gone", shelly.decode, "shellyem-1/online", b"false", {"shellyem-1": "offline"}),
    ("its announcement", shelly.decode, "announce", b'{"id":"shellyht-9","model":"SHHT-1"}',
     {"shellyht-9": "Shelly SHHT-1"}),
    ("a Shelly of the second generation", shelly.decode, "shellyplusht-1/events/rpc",
     b'{"src":"x","method":"NotifyStatus","params":{"ts":1788739200.5,"temperature:0":{"id":0,"tC":21.1,"tF":70},'
     b'"humidity:0":{"rh":44},"devicepower:0":{"battery":{"percent":88}}}}',
     {"temperature": 21.1, "humidity": 44, "battery": 88}),
    ("its smoke alarm", shelly.decode, "shellyplussmoke-1/status/smoke:0", b'{"id":0,"alarm":true,"mute":false}',
     {"smoke.alarm": True, "smoke.mute": False, "smoke!": True}),
    ("its second switch", shelly.decode, "shellyplus2pm-1/status/switch:1", b'{"output":true,"apower":8.9}',
     {"switch.1.output": True, "switch.1.apower": 8.9}),
    ("people before a Frigate camera", frigate.decode, "front/person", b"3", {"people": 3}),
    ("people in its zone", frigate.decode, "front/yard/person", b"2", {"people.yard": 2}),
    ("a person enters a zone", frigate.decode, "events",
     b'{"type":"update","before":{"entered_zones":["yard"]},"after":{"id":"1.2-x","camera":"front","label":"person",'
     b'"top_score":0.9,"entered_zones":["yard","door"],"frame_time":1788739200.1}}', {"in door": 0.9}),
    ("a car enters a zone", frigate.decode, "events",
     b'{"type":"new","after":{"id":"1","camera":"front","label":"car","entered_zones":["yard"]}}', {}),
    ("Frigate is gone", frigate.decode, "available", b"offline", {"frigate": "offline"}),
    ("a LoRaWAN uplink", chirpstack.decode, "a/device/01/event/up",
     b'{"deduplicationId":"d","time":"2026-09-07T00:00:00.123456789+00:00","deviceInfo":{"devEui":"0101"},'
     b'"object":{"temperature":20.5,"water_leak":1,"note":"x"},"rxInfo":[{"rssi":-90},{"rssi":-36}]}',
     {"temperature": 20.5, "water_leak": 1, "rssi": -36, "water!": True}),
    ("its battery", chirpstack.decode, "a/device/01/event/status",
     b'{"deviceInfo":{"devEui":"0101"},"margin":10,"batteryLevel":88.3}', {"link_margin": 10, "battery": 88.3}),
    ("a device on mains has no battery", chirpstack.decode, "a/device/01/event/status",
     b'{"deviceInfo":{"devEui":"0101"},"externalPowerSource":true,"batteryLevel":0}', {}),
    ("ThingsBoard's telemetry with its time", thingsboard.decode, "devices/me/telemetry",
     b'{"ts":1788739200512,"values":{"key1":"value1","t":3}}', {"t": 3}),
    ("of a gateway for its devices", thingsboard.decode, "gateway/telemetry",
     b'{"Room 7":[{"ts":1788739200512,"values":{"co2":800}}],"Room 8":[{"co2":900}]}', {"co2": 900}),
    ("a device of the gateway is gone", thingsboard.decode, "gateway/disconnect", b'{"device":"Room 7"}',
     {"Room-7": "offline"}),
    ("SenML with names behind a base name", senml.decode, "x",
     b'[{"bn":"urn:dev:ow:10e2:","n":"voltage","u":"V","v":120.1},{"n":"open","vb":true},{"n":"label","vs":"x"}]',
     {"voltage": 120.1, "open": True}),
    ("SenML whose unit is its metric", senml.decode, "x", b'[{"n":"urn:dev:ow:10e2073a","u":"Cel","v":23.1}]',
     {"cel": 23.1}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"),
    [("一楼灯1", "二楼灯1"), ("实验室", "教室"), ("Küche", "Kuche"), ("灯" * 80 + "1", "灯" * 80 + "2")],
)
def test_names_in_letters_that_topics_do_not_take_stay_apart(one: str, other: str) -> None:
    named = [device_id(one), device_id(other)]
    assert len(set(named)) == 2
    assert named == [device_id(one), device_id(other)]
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", name) for name in named)


@pytest.mark.parametrize(
    ("codec", "topic", "payload", "wanted"), [row[1:] for row in CASES], ids=[row[0] for row in CASES]
)
def test_it_says(codec: Codec, topic: str, payload: bytes, wanted: dict[str, object]) -> None:
    assert told(codec(topic.split("/"), payload, NOW)) == wanted


def test_times_are_the_devices_where_they_can_be_trusted() -> None:
    (said,) = chirpstack.decode(
        ["event", "status"],
        b'{"time":"2022-07-18T09:35:06.927172638+00:00","deviceInfo":{"devEui":"1"},"margin":1}', NOW,
    )  # fmt: skip
    assert said.ts == 1_658_136_906_927
    relative = b'[{"bn":"d/","bt":1788739190,"n":"t","v":1},{"n":"t","t":-5,"v":2}]'
    (said,) = senml.decode([], relative, NOW)
    assert isinstance(said.body, Readings)
    assert [one.ts for one in said.body.items] == [NOW - 15_000, NOW - 10_000]


@pytest.mark.parametrize(
    ("codec", "levels", "payload", "reason"),
    [
        (zigbee2mqtt.decode, ["plug"], b"{", "not JSON"),
        (zigbee2mqtt.decode, ["plug"], b"[1]", "does not fit"),
        (chirpstack.decode, ["event", "up"], b"{}", "does not fit"),
        (senml.decode, [], b'[{"bver":11,"n":"a","v":1}]', "does not fit"),
        (senml.decode, [], b'[{"n":"a","v":1,"new_":2}]', "does not fit"),
        (sparkplug.Sparkplug(), ["g", "NDATA", "n"], b"\xff\xff", "not Sparkplug B"),
        (thingsboard.decode, ["telemetry"], b"\xff", "not JSON"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(
    codec: Codec, levels: list[str], payload: bytes, reason: str
) -> None:
    with pytest.raises(PayloadError) as refused:
        codec(levels, payload, NOW)
    assert refused.value.reason == reason


LEVELS = st.lists(
    st.sampled_from(["tele", "x", "SENSOR", "events", "rpc", "status", "bridge", "devices", "NDATA", "NBIRTH", "person",
                     "event", "up", "telemetry", "availability", "", "LWT", "sensor", "gateway", "POWER1"]), max_size=5,
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["deviceInfo", "devEui", "object", "values", "ts", "time", "params", "method", "after",
                         "before", "id", "camera", "n", "bn", "v", "t", "bt", "smoke:0", "alarm", "state", "a/b"]),
        inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@pytest.mark.parametrize("name", CODECS)
@given(levels=LEVELS, found=JSON, raw=st.binary(max_size=40), text=st.booleans())
def test_a_codec_never_fails_in_another_way_than_it_says(
    name: str, levels: list[str], found: object, raw: bytes, text: bool
) -> None:
    payload = json.dumps(found).encode() if text else raw
    try:
        said = CODECS[name]()(levels, payload, NOW)
    except PayloadError:
        return
    assert all(0 <= one.ts < 32_503_680_000_000 and 1 <= len(one.device) <= 64 for one in said)


# -- Sparkplug B -------------------------------------------------------------------------------------------------------


def packed(
    seq: int | None, *metrics: tuple[str, int | None, object], ts: int = NOW, bd_seq: int | None = None
) -> bytes:
    made = Payload(timestamp=ts)
    if seq is not None:
        made.seq = seq
    if bd_seq is not None:
        one = made.metrics.add(name="bdSeq", datatype=8)
        one.long_value = bd_seq
    for name, alias, value in metrics:
        one = made.metrics.add(timestamp=NOW)
        if name:
            one.name = name
        if alias is not None:
            one.alias = alias
        if isinstance(value, bool):
            one.boolean_value = value
        elif isinstance(value, int):
            one.datatype, one.int_value = 3, value & 0xFFFF_FFFF
        else:
            one.double_value = value
    encoded: bytes = made.SerializeToString()
    return encoded


def test_a_birth_says_what_the_aliases_of_later_data_mean() -> None:
    node = sparkplug.Sparkplug()
    birth = packed(0, ("Supply Voltage", 1, 12.5), ("Outside/Temperature", 2, -3), bd_seq=4)
    assert told(node(["g", "NBIRTH", "pi"], birth, NOW)) == {
        "pi": "online", "supply_voltage": 12.5, "outside.temperature": -3,
    }  # fmt: skip
    assert told(node(["g", "NDATA", "pi"], packed(1, ("", 2, -7)), NOW)) == {"outside.temperature": -7}
    assert node.rebirths() == []


def test_data_before_a_birth_asks_for_one_and_says_so() -> None:
    node = sparkplug.Sparkplug()
    with pytest.raises(PayloadError, match="no birth was heard yet"):
        node(["g", "NDATA", "pi"], packed(9, ("", 2, 1.0)), NOW)
    ((topic, asked),) = node.rebirths()
    assert topic == "g/NCMD/pi"
    found = Payload()
    found.ParseFromString(asked)
    assert (found.metrics[0].name, found.metrics[0].boolean_value) == (sparkplug.REBIRTH, True)
    assert node.rebirths() == []


def test_a_gap_in_the_numbering_asks_for_a_birth_and_a_repetition_does_not() -> None:
    node = sparkplug.Sparkplug()
    node(["g", "NBIRTH", "pi"], packed(255, bd_seq=0), NOW)
    node(["g", "NDATA", "pi"], packed(0, ("a", None, 1.0)), NOW)
    node(["g", "NDATA", "pi"], packed(0, ("a", None, 1.0)), NOW)
    assert node.rebirths() == []
    node(["g", "NDATA", "pi"], packed(2, ("a", None, 1.0)), NOW)
    assert [topic for topic, _ in node.rebirths()] == ["g/NCMD/pi"]


def test_the_death_of_a_node_is_that_of_its_devices_unless_it_was_born_again_since() -> None:
    node = sparkplug.Sparkplug()
    node(["g", "NBIRTH", "pi"], packed(0, bd_seq=5), NOW)
    node(["g", "DBIRTH", "pi", "door"], packed(1, ("open", None, True)), NOW)
    assert told(node(["g", "NDEATH", "pi"], packed(None, bd_seq=4), NOW)) == {}
    assert told(node(["g", "NDEATH", "pi"], packed(None, bd_seq=5), NOW)) == {"pi": "offline", "pi-door": "offline"}


def test_what_was_stored_while_offline_is_late() -> None:
    node = sparkplug.Sparkplug()
    node(["g", "NBIRTH", "pi"], packed(0, bd_seq=1), NOW)
    made = Payload(timestamp=NOW, seq=1)
    one = made.metrics.add(name="co2", timestamp=NOW - 60_000, is_historical=True)
    one.double_value = 800.0
    (said,) = node(["g", "NDATA", "pi"], made.SerializeToString(), NOW)
    assert (said.late, said.ts) == (True, NOW - 60_000)
