"""Whatever arrives at an agent from outside: a typed error or a value, soon, and the agent goes on."""

import json
import socket
import string
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campus.clock import VirtualClock
from campus.errors import SettingsError
from edge_agent.commands import Commands
from edge_agent.gate.isapi import Record
from edge_agent.gate.place import Place
from edge_agent.gate.settings import Gate
from edge_agent.gate.zkteco import ZktecoTerminals
from edge_agent.login import read_login, with_login, without_secrets
from edge_agent.remote import Remote, merged, read_document
from edge_agent.settings import Agent, EdgeSettings, load_edge
from tests.edge_agent.test_zkteco import ZONE, Terminal

FIXTURES = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
NAMES = st.sampled_from(
    ["id", "source", "line", "modbus", "registers", "hikvision", "address", "pins", "seats", "headsets"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
GROUPS = st.dictionaries(
    st.sampled_from(["cameras", "gates", "labs", "sensors", "heartbeat_s", "x"]), VALUES, max_size=3
)
DOCUMENTS = st.fixed_dictionaries({"revision": st.integers() | st.text(max_size=3), "settings": GROUPS | VALUES})


@pytest.fixture
def local(tmp_path: Path) -> EdgeSettings:
    return EdgeSettings(agent=Agent(spool=tmp_path / "edge.db"))


@FIXTURES
@given(payload=st.binary(max_size=300) | DOCUMENTS.map(lambda made: json.dumps(made).encode()))
def test_any_document_is_taken_or_refused_by_name(local: EdgeSettings, payload: bytes) -> None:
    with suppress(SettingsError):
        merged(local, read_document(payload))


@FIXTURES
@given(payload=st.binary(max_size=300) | VALUES.map(lambda made: json.dumps(made).encode()))
def test_any_command_is_read_or_left(local: EdgeSettings, clock: VirtualClock, payload: bytes) -> None:
    commands = Commands(Remote(local, clock), clock)
    commands.heard(payload)
    commands._read(payload)


@FIXTURES
@given(data=st.binary(max_size=300))
def test_any_settings_file_is_read_or_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "edge.toml").write_bytes(data)
    with pytest.raises(SettingsError):
        load_edge(tmp_path / "edge.toml")


@FIXTURES
@given(data=st.binary(max_size=100), address=st.text(string.printable, max_size=40))
def test_any_login_and_address_is_used_or_named_and_never_shown(tmp_path: Path, data: bytes, address: str) -> None:
    (tmp_path / "login").write_bytes(data)
    try:
        _, password = read_login(tmp_path / "login")
        shown = without_secrets(with_login(address, tmp_path / "login"))
    except (SettingsError, ValueError):
        return
    if len(password) > 8 and password not in address:
        assert password not in shown


@FIXTURES
@given(data=st.binary(max_size=100))
def test_any_place_file_is_read_or_as_none(tmp_path: Path, clock: VirtualClock, data: bytes) -> None:
    (tmp_path / "gate.place").write_bytes(data)
    place = Place(tmp_path / "gate.place")
    place.told(Record(5, clock.now()))
    place.keep()
    assert Place(tmp_path / "gate.place").is_replay(Record(5, clock.now()))


@pytest.mark.parametrize(
    "junk",
    [
        b"\x00" * 4096,
        b"GET " + b"a" * 100_000 + b"\r\n\r\n",
        b"POST /iclock/cdata?SN=CGXH1&table=ATTLOG HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST /iclock/cdata?SN=CGXH1&table=ATTLOG HTTP/1.1\r\nContent-Length: 5\r\n\r\n\xff\xfe\xfd\xfc\xfb",
        b"GET /iclock/cdata?SN=%00%ff&options=all HTTP/1.1\r\n\r\n",
        b"\xff\xfe / HTTP/1.1\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\n\r\n",
    ],
)
def test_a_server_of_terminals_outlives_any_bytes(
    clock: VirtualClock, junk: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    gate = Gate(id="gate-1", source="zkteco", terminals=("CGXH1",), listen="127.0.0.1", port=0)
    terminals = ZktecoTerminals(gate, ZONE, clock)
    try:
        with socket.create_connection(("127.0.0.1", terminals.port), timeout=5) as line:
            # The server may have hung up at any byte of it.
            with suppress(ConnectionError):
                line.sendall(junk)
            with suppress(OSError):
                line.shutdown(socket.SHUT_WR)
            line.settimeout(30)
            with suppress(ConnectionError):
                assert len(line.recv(65536)) < 65536
        assert Terminal(terminals.port).ask("GET", "/iclock/cdata?options=all")[0] == 200
    finally:
        terminals.close()
    assert capfd.readouterr().err == ""
