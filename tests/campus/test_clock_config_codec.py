"""The clock, the settings and the codec: the small things everything stands on."""

import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus import codec, config, topics
from campus.clock import ScaledClock, VirtualClock, from_ms, parse_clock, to_ms
from campus.errors import PayloadError, SettingsError
from campus.events import EVENTS, GatePass, Reading, Readings, Status
from campus.settings import Settings
from campus.topics import Channel, Topic

MANY_METRICS = b'{"ts": 1, "values": {%s}}' % b",".join(b'"m%d": 1' % n for n in range(501))
MUCH_TO_SAY = b'{"state": "online", "ts": 1, "health": {%s}}' % b",".join(b'"h%d": 1' % n for n in range(65))
PLAIN_CARD = b'{"id":"12345678","ts":1,"type":"gate.pass","data":{"credential":"12345"}}'  # a number, not its hash
START = datetime(2026, 9, 7, 7, 0, tzinfo=UTC)


def test_two_processes_given_the_same_scaled_clock_read_the_same_time() -> None:
    clock = ScaledClock(START, 60, anchor=1_000_000.0)
    other = parse_clock(clock.spec())
    assert isinstance(other, ScaledClock)
    assert (other.start, other.speed, other.anchor) == (clock.start, clock.speed, clock.anchor)


def test_waiting_on_a_virtual_clock_moves_it_and_takes_no_time() -> None:
    clock = VirtualClock(START)
    assert clock.wait(threading.Event(), 3600) is False
    assert clock.now() == START + timedelta(hours=1)


def test_a_virtual_clock_does_not_run_backwards() -> None:
    clock = VirtualClock(START)
    clock.move_to(START - timedelta(days=1))
    assert clock.now() == START
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(timedelta(seconds=-1))


@given(st.integers(0, 32_503_680_000_000))
def test_milliseconds_survive_the_way_there_and_back(ms: int) -> None:
    assert to_ms(from_ms(ms)) == ms


def test_a_wrong_key_in_the_settings_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "campus.toml"
    path.write_text("[mqtt]\nprot = 1883\n")
    with pytest.raises(SettingsError, match="prot") as caught:
        config.load(Settings, path, {})
    assert str(path) in str(caught.value)


def test_the_environment_overrides_the_file_and_a_secret_comes_from_its_own_file(tmp_path: Path) -> None:
    path, secret = tmp_path / "campus.toml", tmp_path / "password"
    path.write_text("[mqtt]\nport = 1884\nhost = 'broker'\n")
    secret.write_text("hunter2\n")
    env = {"CAMPUS_MQTT__PORT": "1999", "CAMPUS_MQTT__PASSWORD_FILE": str(secret)}
    settings = config.load(Settings, path, env)
    assert (settings.mqtt.host, settings.mqtt.port, settings.mqtt.password) == ("broker", 1999, "hunter2")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[mqtt]\nport = 70000\n", "mqtt.port"),  # out of range
        ("[school]\ntimezone = 'Asia/Ningbo'\n", "school.timezone"),  # no such zone
        ("[ingest]\npartition = '3'\n", "ingest.partition"),  # not index/count
        ("[database\n", "TOML"),  # not TOML at all
        ("[colour]\nx = 1\n", "colour"),  # no such section
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "campus.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=named):
        config.load(Settings, path, {})


def test_a_path_in_the_settings_is_a_path(tmp_path: Path) -> None:
    path = tmp_path / "campus.toml"
    path.write_text('[series]\npath = "elsewhere/series.db"\n')
    assert config.load(Settings, path, {}).series.path == Path("elsewhere/series.db")


def test_a_missing_secret_file_is_named_with_the_setting() -> None:
    with pytest.raises(SettingsError, match=r"CAMPUS_MQTT__PASSWORD_FILE.*no-such-file"):
        config.load(Settings, None, {"CAMPUS_MQTT__PASSWORD_FILE": "/no-such-file"})


@pytest.mark.parametrize(
    "bad",
    ["campus/s/d", "other/s/d/event", "campus/s/d/shout", "campus//d/event", "campus/s/+/event", "campus/s/d/event/x"],
)
def test_a_topic_that_is_not_ours_cannot_exist(bad: str) -> None:
    with pytest.raises(PayloadError, match="bad topic"):
        topics.parse(bad)


def test_a_topic_reads_back_as_it_was_written() -> None:
    topic = Topic("school-1", "gate-1", Channel.EVENT)
    assert topics.parse(str(topic)) == topic


def test_an_event_reads_back_as_it_was_written() -> None:
    event = GatePass(credential="ab" * 16, lane="2", direction="in", serial=7)
    payload = codec.encode_event(event, id="0192-0000-7000", ts=1_700_000_000_000, seq=3, boot="b")
    decoded = codec.decode(Channel.EVENT, payload)
    assert isinstance(decoded, codec.TypedEvent)
    assert (decoded.event, decoded.seq, decoded.late) == (event, 3, False)


def test_one_reading_is_an_object_and_several_are_an_array() -> None:
    one, two = Reading(ts=1, values={"co2": 812.0}), Reading(ts=2, values={"open": True})
    assert codec.decode(Channel.TELEMETRY, codec.encode_readings((one,))) == Readings((one,))
    assert codec.decode(Channel.TELEMETRY, codec.encode_readings((one, two))) == Readings((one, two))


@pytest.mark.parametrize(
    ("channel", "payload", "reason", "path"),
    [
        (Channel.TELEMETRY, b'{"ts": 1, "values": {"co2": "high"}}', "does not fit", r"\$.values"),
        (Channel.TELEMETRY, b'{"values": {}}', "does not fit", "ts"),
        (Channel.TELEMETRY, b'{"ts": 1, "values": {"co2": 1, "no name": 2}}', "does not fit", r"'no name'.*\$.values"),
        (Channel.TELEMETRY, b'[{"ts": 1, "values": {"co2": 1}}, {"ts": 2, "values": {"": 2}}]', "does not fit", "''"),
        (Channel.TELEMETRY, b'{"ts": 1, "values": {"co2\\n": 1}}', "does not fit", "co2"),
        (Channel.TELEMETRY, b"\xff\xfe", "not JSON", "utf-8|JSON"),
        (Channel.EVENT, b'{"id": "12345678", "ts": 1, "type": "gate.jump"}', "unknown event type", "gate.pass"),
        (Channel.EVENT, b'{"id": "1", "ts": 1, "type": "gate.pass"}', "does not fit", "id must have"),
        (Channel.EVENT, PLAIN_CARD, "does not fit", "credential"),
        (Channel.STATUS, b'{"state": "asleep", "ts": 1}', "does not fit", "state"),
        # What no column holds, or would fill the table of devices: it is refused before it breaks a stage.
        (Channel.TELEMETRY, b'{"ts": 1, "values": {"co2": 1}, "seq": 1%s}' % (b"0" * 30), "does not fit", "seq"),
        (Channel.STATUS, b'{"state": "online", "ts": 1, "boot": "%s"}' % (b"b" * 65), "does not fit", "boot"),
        (Channel.STATUS, b'{"state": "online", "ts": 1, "agent": "%s"}' % (b"a" * 65), "does not fit", "agent"),
        (Channel.STATUS, b'{"state": "online", "ts": 1, "config": 9999999999}', "does not fit", "config"),
        (Channel.STATUS, MUCH_TO_SAY, "does not fit", "health"),
        (Channel.TELEMETRY, MANY_METRICS, "does not fit", "values"),
        (Channel.REPLY, b'{"id": "%s", "ts": 1, "ok": true}' % (b"i" * 65), "does not fit", "id"),
        (Channel.COMMAND, b"{}", "wrong channel", "command"),
        (Channel.TELEMETRY, b" " * (codec.MAX_PAYLOAD + 1), "too large", "bytes"),
        (Channel.TELEMETRY, b"[" * 100_000, "does not fit", "array"),
    ],
)  # fmt: skip
def test_a_payload_that_cannot_be_used_says_why_and_where(
    channel: Channel, payload: bytes, reason: str, path: str
) -> None:
    with pytest.raises(PayloadError, match=path) as caught:
        codec.decode(channel, payload)
    assert caught.value.reason == reason


@given(st.sampled_from(list(Channel)), st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_whatever_bytes_arrive_only_a_payload_error_comes_out(channel: Channel, payload: bytes) -> None:
    with suppress(PayloadError):
        codec.decode(channel, payload)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(JSON, st.sampled_from(sorted(EVENTS)))
def test_whatever_json_an_event_carries_only_a_payload_error_comes_out(data: object, kind: str) -> None:
    payload = msgspec.json.encode({"id": "12345678", "ts": 1, "type": kind, "data": data})
    with suppress(PayloadError):
        codec.decode(Channel.EVENT, payload)


def test_a_status_keeps_its_health_numbers() -> None:
    status = Status(state="online", ts=5, boot="b", health={"uptime_s": 12.5})
    assert codec.decode(Channel.STATUS, codec.encode(status)) == status
