"""Hikvision terminals: what they say in each form, and a terminal played over real sockets, with its faults."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campus.clock import VirtualClock
from campus.credentials import hash_credential
from campus.errors import PayloadError, SettingsError
from campus.events import GatePass
from edge_agent.gate import hikvision
from edge_agent.gate.agent import GateAgent
from edge_agent.gate.hikvision import HikvisionTerminal
from edge_agent.gate.isapi import MAX_PART, AlertParts, read_alert, read_page
from edge_agent.gate.settings import Gate, Hikvision
from tests.edge_agent.conftest import Notebook
from tests.edge_agent.hikvision_terminal import DOOR, HEARTBEAT, PASSWORD, USER, Terminal, alert, entry

ZONE = ZoneInfo("Asia/Shanghai")
KEY = b"k" * 32
START = datetime(2026, 9, 6, 23, 0, tzinfo=UTC)
MIXED = "multipart/mixed; boundary=MIME_boundary"


# -- what is said ---------------------------------------------------------------------------------------------------


@pytest.mark.real_data
def test_a_page_of_a_real_terminal_is_read_and_only_passed_checks_name_somebody(real_data: Path) -> None:
    text = (real_data / "mqtt" / "hikvision_isapi" / "acs_event_search.json").read_bytes()
    page = read_page(text, ZONE, by_card=False)
    listed = json.loads(text)["AcsEvent"]["InfoList"]
    assert (page.entries, page.more, len(page.records)) == (len(listed), True, len(listed))
    assert [one.serial for one in page.records if one.number] == [x["serialNo"] for x in listed if x["minor"] == 75]
    assert page.records[0].at == datetime(2026, 9, 1, 21, 27, 53, tzinfo=UTC)
    assert b"REDACTED_NAME" not in repr(page).encode()


XML = (
    "<EventNotificationAlert><dateTime>2026-09-07T07:30:00</dateTime><eventType>AccessControllerEvent</eventType>"
    "<AccessControllerEvent><majorEventType>5</majorEventType><subEventType>1</subEventType><serialNo>7</serialNo>"
    "<cardNo>0012</cardNo><cardReaderNo>2</cardReaderNo></AccessControllerEvent></EventNotificationAlert>"
)


@pytest.mark.parametrize(
    ("text", "by_card", "number"),
    [
        (alert(entry(7, START, "0042", cardNo="99")), False, "0042"),
        (alert(entry(7, START, "0042", cardNo="99")), True, "99"),
        (alert(entry(7, START, "0042", cardNo="0")), True, "0042"),  # no card was shown
        (alert(entry(7, START, "0042", minor=76)), False, None),  # a face that was not recognised
        (alert(entry(7, START, employeeNo=42)), False, "42"),
        (json.dumps({"EventNotificationAlert": json.loads(alert(entry(7, START, "5")))}).encode(), False, "5"),
        (alert(entry(7, START, "0042")).replace(b": 7,", b': "7",'), False, "0042"),  # numbers as text
        (XML.encode(), False, "0012"),
    ],
)
def test_each_form_of_an_alert_gives_serial_time_and_number(text: bytes, by_card: bool, number: str | None) -> None:
    record = read_alert(text, ZONE, by_card=by_card)
    assert record is not None
    assert (record.serial, record.number) == (7, number)


def test_a_time_without_a_zone_is_the_schools(clock: VirtualClock) -> None:
    record = read_alert(XML.encode(), ZONE, by_card=False)
    assert record is not None
    assert record.at == datetime(2026, 9, 6, 23, 30, tzinfo=UTC)
    assert record.reader == "2"


@pytest.mark.parametrize("text", [HEARTBEAT, b"{}", b'{"eventType": "heartBeat"}'])
def test_a_heartbeat_is_no_record(text: bytes) -> None:
    assert read_alert(text, ZONE, by_card=False) is None


def part(text: bytes, length: int) -> bytes:
    return b"--MIME_boundary\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s\r\n" % (length, text)


@pytest.mark.parametrize("wrong", [0, 1, 5000])
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_parts_are_cut_whatever_length_they_claim_and_however_they_arrive(wrong: int, size: int) -> None:
    first, second = alert(entry(1, START, "1")), alert(entry(2, START, "2"))
    picture = b"--MIME_boundary\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8{}<a>" + bytes(300_000) + b"\r\n"
    stream = part(first, wrong) + part(HEARTBEAT, wrong) + picture + part(second, wrong)
    parts, found = AlertParts(MIXED), []
    for start in range(0, len(stream), size * 40):
        found += parts.feed(stream[start : start + size * 40])
    assert found == [first, HEARTBEAT, second]


def test_a_part_is_told_when_it_is_whole_and_not_only_when_the_next_begins() -> None:
    parts, text = AlertParts(MIXED), alert(entry(1, START, "1"))
    assert parts.feed(part(text, len(text))[:-20]) == []
    assert parts.feed(part(text, len(text))[-20:]) == [text]


def test_a_stream_without_a_boundary_is_named() -> None:
    with pytest.raises(PayloadError, match="no_boundary"):
        AlertParts("text/html")


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=200) | st.sampled_from([b"--MIME_boundary", b"\r\n\r\n{", b"}", b"<a>", HEARTBEAT])))
def test_whatever_a_stream_brings_is_cut_in_bounded_memory(chunks: list[bytes]) -> None:
    parts = AlertParts(MIXED)
    for chunk in chunks:
        assert all(len(text) <= MAX_PART for text in parts.feed(chunk))
        assert len(parts._buffer) <= MAX_PART + len(chunk)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["AcsEvent", "InfoList", "time", "serialNo", "minor", "major"]), inner)
    ),
)
_SAID = st.fixed_dictionaries(
    {"eventType": st.just("AccessControllerEvent"), "dateTime": st.text() | st.just("2026-09-07T07:30:00")},
    optional={
        "AccessControllerEvent": st.dictionaries(
            st.sampled_from(["serialNo", "majorEventType", "subEventType", "employeeNoString", "cardNo", "employeeNo"]),
            st.integers() | st.text(max_size=6) | st.none(),
        )
    },
)


@settings(max_examples=60)
@given(st.binary() | _JSON.map(lambda x: json.dumps(x).encode()) | _SAID.map(lambda x: json.dumps(x).encode()))
def test_whatever_a_terminal_says_is_a_record_or_a_payload_error(text: bytes) -> None:
    for read in (read_alert, read_page):
        try:
            read(text, ZONE, by_card=True)
        except PayloadError:
            continue


# -- over sockets ---------------------------------------------------------------------------------------------------


def until(true: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        threading.Event().wait(0.01)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    played = Terminal()
    yield played
    played.close()


class Running:
    """A gate's agent at work beside the terminal; `end` and begin again is a restart."""

    def __init__(self, terminal: Terminal, tmp_path: Path, clock: VirtualClock, voice: Notebook, **more: Any) -> None:
        login = tmp_path / "login"
        login.write_text(f"{USER}:{PASSWORD}\n")
        asked = Hikvision(address=terminal.address, login_file=login, **more)
        gate = Gate(id="gate-1", source="hikvision", lane="A", hikvision=asked)
        self.source = HikvisionTerminal(gate, asked, ZONE, clock, tmp_path / "gate-1.place")
        self.agent = GateAgent(gate, self.source, KEY, clock, voice)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.agent.run, args=(self._stop,))
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        self._thread.join()
        assert not self.source._thread.is_alive()


def serials(voice: Notebook) -> list[int | None]:
    return [event.serial for _, event, _ in voice.events if isinstance(event, GatePass)]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hikvision, "backoff", lambda attempt: 0.02)
    monkeypatch.setattr(hikvision, "TICK_S", 0.02)


@pytest.fixture
def running(terminal: Terminal, tmp_path: Path, clock: VirtualClock, voice: Notebook) -> Iterator[Running]:
    agent = Running(terminal, tmp_path, clock, voice, readers={"1": "in", "2": "out"})
    until(lambda: terminal.listeners == 1 and agent.source._connected)
    yield agent
    agent.end()


def test_a_pass_is_told_with_its_own_time_and_the_way_of_its_reader(
    running: Running, terminal: Terminal, voice: Notebook, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    terminal.tell(HEARTBEAT, "application/xml")
    terminal.passes(entry(101, START, "0042", cardReaderNo=2))
    terminal.passes(entry(102, START + timedelta(seconds=1), minor=DOOR))
    terminal.passes(entry(103, START + timedelta(seconds=2), "0043", cardReaderNo=7))
    until(lambda: len(voice.events) == 2)
    (device, first, at), (_, second, _) = voice.events
    assert isinstance(first, GatePass)
    assert isinstance(second, GatePass)
    assert (device, at, first.serial, first.direction, first.lane) == ("gate-1", START, 101, "out", "A")
    assert first.credential == hash_credential(KEY, "0042")
    assert second.direction is None
    assert running.agent.health()["passes"] == 2
    assert running.agent.reachable()
    assert not {PASSWORD, "SECRET NAME", "0042"} & {word for line in caplog.messages for word in line.split()}


@pytest.mark.parametrize("length", [0, 3, 99_999])
def test_wrong_lengths_change_nothing(running: Running, terminal: Terminal, voice: Notebook, length: int) -> None:
    terminal.wrong_length = length
    for serial in (5, 6):
        terminal.passes(entry(serial, START, str(serial)))
    until(lambda: serials(voice) == [5, 6])


def test_a_replay_is_told_once_and_a_hole_is_looked_up_in_the_log(
    running: Running, terminal: Terminal, voice: Notebook
) -> None:
    terminal.passes(entry(5, START, "1"))
    terminal.tell(alert(entry(5, START, "1")))
    terminal.log.append(entry(6, START, "2"))  # the stream never tells this one
    terminal.passes(entry(7, START, "3"))
    terminal.tell(alert(entry(4, START - timedelta(minutes=1), "0")))  # what it told before we came
    terminal.passes(entry(8, START, "4"))
    until(lambda: len(voice.events) >= 4)
    assert serials(voice) == [5, 6, 7, 8]
    assert running.agent.health()["replays"] == 2


def test_what_happened_while_the_line_was_down_comes_from_the_log_page_by_page(
    running: Running, terminal: Terminal, voice: Notebook
) -> None:
    terminal.passes(entry(1, START, "1"))
    until(lambda: serials(voice) == [1])
    terminal.raw(b'--MIME_boundary\r\nContent-Type: application/json\r\n\r\n{"eventType": "Access')
    terminal.log += [entry(n, START + timedelta(seconds=n), str(n)) for n in range(2, 98)]
    terminal.drop()
    until(lambda: len(voice.events) == 97)
    assert serials(voice) == list(range(1, 98))
    assert [s["searchResultPosition"] for s in terminal.searches[-4:]] == [0, 30, 60, 90]
    assert len({s["searchID"] for s in terminal.searches[-4:]}) == 1
    assert terminal.searches[-1]["beginSerialNo"] == 2


def test_a_restart_goes_on_where_the_last_run_ended(
    terminal: Terminal, tmp_path: Path, clock: VirtualClock, voice: Notebook
) -> None:
    terminal.log = [entry(n, START - timedelta(days=2), "9") for n in range(1, 50)]  # too old to be wanted
    terminal.log += [entry(50, START - timedelta(hours=2), "50"), entry(51, START, "51")]
    first = Running(terminal, tmp_path, clock, voice)
    until(lambda: serials(voice) == [50, 51])
    first.end()
    terminal.log.append(entry(52, START, "52"))
    again = Running(terminal, tmp_path, clock, voice)
    until(lambda: len(voice.events) == 3)
    again.end()
    assert serials(voice) == [50, 51, 52]


def test_a_log_that_was_cleared_begins_again(running: Running, terminal: Terminal, voice: Notebook) -> None:
    terminal.passes(entry(900, START, "1"))
    until(lambda: serials(voice) == [900])
    terminal.log = [entry(1, START + timedelta(minutes=1), "2")]
    terminal.passes(entry(2, START + timedelta(minutes=1), "3"))
    until(lambda: serials(voice) == [900, 1, 2])


def test_a_clock_that_jumped_dates_no_pass_of_now(
    running: Running, terminal: Terminal, voice: Notebook, clock: VirtualClock
) -> None:
    terminal.passes(entry(1, datetime(1980, 1, 1, tzinfo=UTC), "1"))
    terminal.passes(entry(2, clock.now() + timedelta(hours=3), "2"))
    terminal.passes(entry(3, clock.now() + timedelta(seconds=20), "3"))
    terminal.passes(entry(4, clock.now() - timedelta(hours=1), "4", currentEvent=False))
    until(lambda: len(voice.events) == 4)
    now = clock.now()
    assert [at - now for _, _, at in voice.events] == [
        timedelta(0),
        timedelta(0),
        timedelta(seconds=20),
        timedelta(hours=-1),  # the terminal says that it tells of the past
    ]
    assert running.agent.health()["clock_jumps"] == 2


def test_a_wrong_password_is_tried_once_in_a_long_while(
    terminal: Terminal, tmp_path: Path, clock: VirtualClock, voice: Notebook, caplog: pytest.LogCaptureFixture
) -> None:
    terminal.password = "another"
    agent = Running(terminal, tmp_path, clock, voice)
    until(lambda: agent.agent.health()["login_refused"] == 1)
    threading.Event().wait(0.1)
    assert terminal.logins == 1
    clock.advance(timedelta(minutes=2))
    assert not agent.agent.reachable()
    agent.end()
    assert "refuses the user or the password" in caplog.text
    assert PASSWORD not in caplog.text


def test_a_terminal_without_a_log_is_heard_as_far_as_it_streams(
    terminal: Terminal, tmp_path: Path, clock: VirtualClock, voice: Notebook
) -> None:
    terminal.has_log = False
    agent = Running(terminal, tmp_path, clock, voice)
    until(lambda: agent.source._connected)
    terminal.passes(entry(10, START - timedelta(hours=3), "1"))  # it begins with what it kept
    terminal.passes(entry(12, START, "2"))
    until(lambda: len(voice.events) == 2)
    agent.end()
    assert [at for _, _, at in voice.events] == [START - timedelta(hours=3), START]


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"address": "192.168.1.9", "login_file": Path("x")}, "does not begin with http"),
        ({"address": "http://a:b@192.168.1.9", "login_file": Path("x")}, "write it into login_file"),
    ],
)
def test_an_address_that_cannot_be_is_refused(said: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Hikvision(**said)


def test_a_gate_without_its_terminal_or_its_login_is_named(clock: VirtualClock, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\[gates.hikvision\] is missing"):
        Gate(id="gate-1", source="hikvision")
    asked = Hikvision(address="http://127.0.0.1:9", login_file=tmp_path / "login")
    gate = Gate(id="gate-1", source="hikvision", hikvision=asked)
    with pytest.raises(SettingsError, match="login: cannot be read"):
        HikvisionTerminal(gate, asked, ZONE, clock, tmp_path / "place")
