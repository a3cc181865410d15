"""ZKTeco terminals: their attendance log in each layout, and a terminal played over real sockets."""

import http.client
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.clock import VirtualClock
from campus.credentials import hash_credential
from campus.errors import SettingsError
from campus.events import GatePass
from edge_agent.gate.agent import GateAgent
from edge_agent.gate.attlog import read_attlog
from edge_agent.gate.settings import Gate
from edge_agent.gate.zkteco import MAX_BYTES, ZktecoTerminals
from tests.edge_agent.conftest import Notebook

ZONE = ZoneInfo("Asia/Shanghai")
KEY = b"k" * 32
LINE = "1042\t2026-09-07 07:31:05\t0\t1\t\t0"


@pytest.mark.real_data
def test_the_log_of_real_terminals_is_read(real_data: Path) -> None:
    text = (real_data / "mqtt" / "zkteco_adms" / "cdata_ATTLOG_samples.txt").read_text(encoding="utf-8")
    read = read_attlog(text, ZONE)
    assert read.bad == 0
    assert (read.passes[0].number, read.passes[0].at) == ("2", datetime(2022, 7, 12, 8, 0, 20, tzinfo=UTC))
    assert len(read.passes) == len([line for line in text.splitlines() if line and not line.startswith("#")])


@pytest.mark.parametrize(
    "line",
    [
        "2\t2022-07-12 16:00:20\t1\t15\t\t0\t0\t\t\t43",
        "2\t2026-07-20 16:33:44\t255\t15\t0\t0\t0\t0\t0\t0",
        "1042\t2026-09-07 07:31:05\t0\t1\t\t0",
        "1042\t2026-09-07 07:31:05",
    ],
)
def test_each_layout_gives_person_and_time_and_no_direction(line: str) -> None:
    ((one,), bad) = (read_attlog(line + "\r\n", ZONE).passes, read_attlog(line, ZONE).bad)
    assert (bad, one.number, one.direction) == (0, line.split("\t")[0], None)
    assert one.at is not None
    assert one.at.strftime("%F %T") == line.split("\t")[1]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "1042",
        "1042\tyesterday",
        "10 42\t2026-09-07 07:31:05",
        "1\t2026-13-41 07:31:05",
        "1\t0000-01-01 00:00:00",
        "1\t1900-01-01 00:00:00",
        "x" * 600 + "\t2026-09-07 07:31:05",
    ],
)
def test_a_line_that_is_none_is_counted_and_the_others_are_kept(line: str) -> None:
    read = read_attlog(f"{LINE}\n{line}\n{LINE}", ZONE)
    assert (len(read.passes), read.bad) == (2, 1 if line else 0)


def test_a_replay_has_the_same_serial_and_others_have_their_own() -> None:
    lines = [LINE, LINE, LINE.replace("1042", "1043"), LINE.replace(":05", ":06")]
    first, again, other, later = (one.serial for one in read_attlog("\n".join(lines), ZONE).passes)
    assert first == again
    assert len({first, other, later}) == 3


@given(st.text(st.characters() | st.sampled_from("\t\n0123456789-: ")))
def test_whatever_comes_is_read_or_counted(text: str) -> None:
    read = read_attlog(text, ZONE)
    assert read.bad + len(read.passes) <= len(text) + 1
    assert all(one.serial is not None and 0 <= one.serial < 2**63 for one in read.passes)


# -- over sockets ---------------------------------------------------------------------------------------------------


class Terminal:
    """A terminal of real sockets."""

    def __init__(self, port: int, serial: str = "CGXH1") -> None:
        self._port, self._serial = port, serial

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            separator = "&" if "?" in path else "?"
            connection.request(method, f"{path}{separator}SN={self._serial}", body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def push(self, text: str) -> tuple[int, str]:
        return self.ask("POST", "/iclock/cdata?table=ATTLOG&Stamp=9999", text)


def a_gate(**settings: Any) -> Gate:
    # Port 0 lets the system choose; a settings file may not.
    return Gate(id="gate-1", source="zkteco", terminals=("CGXH1",), listen="127.0.0.1", **({"port": 0} | settings))


@pytest.fixture
def terminals(clock: VirtualClock) -> Iterator[ZktecoTerminals]:
    source = ZktecoTerminals(a_gate(), ZONE, clock)
    yield source
    source.close()


@pytest.fixture
def agent(terminals: ZktecoTerminals, clock: VirtualClock, voice: Notebook) -> Iterator[GateAgent]:
    """The gate's agent at work."""
    agent, stop = GateAgent(a_gate(direction="in"), terminals, KEY, clock, voice), threading.Event()
    thread = threading.Thread(target=agent.run, args=(stop,))
    thread.start()
    yield agent
    stop.set()
    thread.join()


def test_a_pass_is_told_with_its_own_time_before_the_terminal_may_forget_it(
    agent: GateAgent, terminals: ZktecoTerminals, voice: Notebook
) -> None:
    assert Terminal(terminals.port).push(f"{LINE}\n{LINE.replace('1042', '7')}\n") == (200, "OK: 2")
    (device, event, at), (_, other, _) = voice.events
    assert isinstance(event, GatePass)
    assert (device, at) == ("gate-1", datetime(2026, 9, 6, 23, 31, 5, tzinfo=UTC))
    assert (event.credential, event.direction) == (hash_credential(KEY, "1042"), "in")
    assert isinstance(other, GatePass)
    assert other.serial != event.serial


def test_what_the_agent_does_not_take_is_asked_for_again(
    terminals: ZktecoTerminals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_agent.gate.zkteco.TOLD_S", 0.1)
    assert Terminal(terminals.port).push(LINE)[0] == 503


def test_lines_nobody_understands_are_acknowledged_and_counted(agent: GateAgent, terminals: ZktecoTerminals) -> None:
    assert Terminal(terminals.port).push(f"{LINE}\nnonsense\n") == (200, "OK: 2")
    assert agent.health()["bad_lines"] == 1
    assert agent.health()["passes"] == 1


def test_a_terminal_is_greeted_with_the_schools_zone_and_asks_for_commands(terminals: ZktecoTerminals) -> None:
    terminal = Terminal(terminals.port)
    status, options = terminal.ask("GET", "/iclock/cdata?options=all&pushver=2.4.1")
    assert status == 200
    assert "TimeZone=8\n" in options
    assert options.startswith("GET OPTION FROM: CGXH1\n")
    assert terminal.ask("GET", "/iclock/getrequest") == (200, "OK")
    assert terminal.ask("POST", "/iclock/devicecmd", "ID=1&Return=0&CMD=INFO") == (200, "OK")
    assert terminal.ask("POST", "/iclock/cdata?table=OPERLOG", "OPLOG 4\t0") == (200, "OK")
    assert terminal.ask("GET", "/etc/passwd")[0] == 404


def test_strangers_are_refused_and_counted(clock: VirtualClock, terminals: ZktecoTerminals, voice: Notebook) -> None:
    assert Terminal(terminals.port, "OTHER").push(LINE) == (403, "unknown terminal")
    far = ZktecoTerminals(a_gate(networks=("10.0.0.0/8",)), ZONE, clock)
    assert Terminal(far.port).push(LINE) == (403, "unknown terminal")
    far.close()
    assert terminals.health()["refused"] == 1
    assert voice.events == []


def test_an_upload_too_long_is_refused_unread(terminals: ZktecoTerminals) -> None:
    path = "/iclock/cdata?table=ATTLOG"
    assert Terminal(terminals.port).ask("POST", path, None, **{"Content-Length": str(MAX_BYTES + 1)})[0] == 413
    assert Terminal(terminals.port).ask("POST", path, None, **{"Content-Length": "-1"})[0] == 413


def test_a_port_that_is_taken_is_named(terminals: ZktecoTerminals, clock: VirtualClock) -> None:
    with pytest.raises(SettingsError, match=f"gate gate-1: 127.0.0.1:{terminals.port}: cannot listen"):
        ZktecoTerminals(a_gate(port=terminals.port), ZONE, clock)


@pytest.mark.parametrize(
    ("settings", "named"), [({"terminals": ()}, "terminals is empty"), ({"networks": ("home",)}, "'home' is not like")]
)
def test_a_gate_without_allowed_terminals_is_refused(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Gate(id="gate-1", source="zkteco", **({"terminals": ("X",)} | settings))
