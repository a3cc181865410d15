"""`campus edge check` of gates, sensors, headsets and the agent: what it hears, and what is wrong with the fix."""

import os
import stat
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from campus.clock import SystemClock, VirtualClock
from campus.settings import Mqtt
from cli.commands.edge import edge
from edge_agent import listening
from edge_agent.gate.settings import Gate
from edge_agent.listening import check_agent, check_gate, check_headset
from edge_agent.reader.serial_line import SerialReader
from edge_agent.reader.settings import SerialLine
from edge_agent.remark import Remark
from edge_agent.settings import Agent
from tests.edge_agent.test_headsets import PROGRAM, said

KEY = b"k" * 32


def test_a_reader_is_heard_and_no_number_is_shown(clock: VirtualClock) -> None:
    ours, theirs = os.openpty()
    line = SerialLine(device=os.ttyname(theirs))
    gate = Gate(id="gate-1", source="line", line=line)
    os.write(ours, b"0012345678\r\n")
    threading.Timer(0.2, os.write, (ours, b"0012345678\r\n\xff\xfe\r\n")).start()
    remarks = list(check_gate(gate, SerialReader(line, clock), KEY, seconds=0.6))
    os.close(ours)
    os.close(theirs)
    assert remarks[0] == Remark("the reader is there")
    assert remarks[1].text.startswith("a card of 10 characters, credential ")
    assert any("bad_lines" in one.text and "baud" in one.fix for one in remarks)
    assert "12345678" not in str(remarks)


def test_a_reader_that_is_not_there_is_told_with_the_fix(clock: VirtualClock, tmp_path: Path) -> None:
    line = SerialLine(device=str(tmp_path / "ttyUSB0"))
    gate = Gate(id="gate-1", source="line", line=line)
    first, *_ = check_gate(gate, SerialReader(line, clock), KEY, seconds=0.2)
    assert "ttyUSB0" in first.text
    assert "dialout" in first.fix


EDGE = """
[agent]
id = "edge-1"
spool = "{folder}/spool.db"
adb = "{folder}/adb"

[secrets]
credential_key = "0123456789abcdef"

[[sensors]]
id = "cellar"
poll_s = 0.05
files = [{{metric = "temperature", path = "{folder}/temperature", high = 60}}]

[[labs]]
id = "lab-1"
source = "headsets"
headsets = [{{id = "hs-1", seat = "1", serial = "GOOD"}}, {{id = "hs-2", seat = "2", serial = "STRANGE"}}]
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    program = tmp_path / "adb"
    program.write_text(PROGRAM.format(python=sys.executable))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "GOOD").write_text(said(runtime="State: HEADSET_MOUNTED"))
    (tmp_path / "temperature").write_text("21375")
    path = tmp_path / "edge.toml"
    path.write_text(EDGE.format(folder=tmp_path))
    return path


def test_a_sensor_is_shown_with_its_values(config: Path) -> None:
    good = CliRunner().invoke(edge, ["check", "--config", str(config), "cellar"])
    assert (good.exit_code, "temperature = 21.375" in good.output) == (0, True), good.output
    (config.parent / "temperature").write_text("85000")
    bad = CliRunner().invoke(edge, ["check", "--config", str(config), "cellar"])
    assert (bad.exit_code, "could not be true" in bad.output) == (1, True)


def test_a_lab_is_asked_headset_by_headset(config: Path) -> None:
    result = CliRunner().invoke(edge, ["check", "--config", str(config), "lab-1"])
    assert result.exit_code == 1
    assert "hs-1, seat 1: worn = True, battery = 87.0" in result.output
    assert "unauthorized" in result.output
    assert "allow USB debugging" in result.output
    one = CliRunner().invoke(edge, ["check", "--config", str(config), "hs-1"])
    assert one.exit_code == 0


def test_a_device_that_is_not_there_is_answered_with_those_that_are(config: Path) -> None:
    result = CliRunner().invoke(edge, ["check", "--config", str(config), "gate-9"])
    assert "Devices: edge-1 lab-1 cellar hs-1 hs-2" in str(result.exception)


def test_the_agent_tells_of_its_broker_disk_and_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "CONNECT_S", 0.1)
    agent = Agent(spool=tmp_path / "spool.db")
    broker, disk, *_ = check_agent(agent, "s1", Mqtt(port=1), SystemClock())
    assert "does not let us in" in broker.text
    assert "[mqtt]" in broker.fix
    assert "% free" in disk.text


def test_a_headset_that_does_not_tell_whether_it_is_worn_is_no_use() -> None:
    silent = SimpleNamespace(look=lambda: SimpleNamespace(values=lambda: {"battery": 50.0}))
    remark = check_headset(SimpleNamespace(id="hs-1", seat="1"), silent)  # type: ignore[arg-type]
    assert "no session will be seen" in remark.fix
