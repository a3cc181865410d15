"""What the agent tells systemd, and how far its clock is off by a time server's word."""

import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campus.clock import SystemClock
from campus.errors import Unavailable
from edge_agent import timekeeping
from edge_agent.supervised import Watchdog, notify
from edge_agent.timekeeping import ClockWatch, clock_offset, is_kept, read_answer


def now() -> datetime:
    return datetime.now(UTC)


def answer(question: bytes, seconds: float, first: int = 0x24, stratum: int = 2) -> bytes:
    """What a time server says whose clock is ``seconds`` behind ours."""
    stamp = int((time.time() - seconds + 2_208_988_800) * 2**32)
    (ours,) = struct.unpack("!Q", question[40:48])
    return struct.pack("!BBBb3I4Q", first, stratum, 0, 0, 0, 0, 0, stamp, ours, stamp, stamp)


@pytest.fixture
def served() -> Iterator[Callable[[Callable[[bytes], bytes]], int]]:
    """A time server on a port of its own that answers as it is told."""
    lines = []

    def serve(reply: Callable[[bytes], bytes]) -> int:
        line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        line.bind(("127.0.0.1", 0))
        lines.append(line)

        def run() -> None:
            question, who = line.recvfrom(512)
            line.sendto(reply(question), who)

        threading.Thread(target=run, daemon=True).start()
        return int(line.getsockname()[1])

    yield serve
    for line in lines:
        line.close()


def test_the_offset_is_our_clock_minus_the_servers(served: Callable[[Callable[[bytes], bytes]], int]) -> None:
    port = served(lambda question: answer(question, seconds=90))
    assert clock_offset("127.0.0.1", now, port) == pytest.approx(90, abs=0.2)


@pytest.mark.parametrize(
    ("reply", "named"),
    [
        (lambda question: b"short", "5 bytes"),
        (lambda question: answer(bytes(48), 0), "another question"),
        (lambda question: answer(question, 0, first=0xE4), "not kept"),
        (lambda question: answer(question, 0, stratum=0), "not kept"),
    ],
)
def test_an_answer_that_is_none_is_refused(
    served: Callable[[Callable[[bytes], bytes]], int], reply: Callable[[bytes], bytes], named: str
) -> None:
    with pytest.raises(Unavailable, match=named):
        clock_offset("127.0.0.1", now, served(reply))


@given(st.binary(max_size=100))
@settings(max_examples=50)
def test_any_bytes_are_refused_or_read(text: bytes) -> None:
    try:
        read_answer(text, 0, "x")
    except Unavailable:
        return


def test_a_server_that_is_away_is_told_by_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timekeeping, "LIMIT_S", 0.05)
    watch, stop = ClockWatch("127.0.0.1", SystemClock()), threading.Event()
    threading.Timer(0.2, stop.set).start()
    watch.run(stop)
    assert "clock_offset_ms" not in watch.health()
    assert watch.health().get("clock_kept") in (None, 0.0, 1.0)
    assert is_kept() in (None, True, False)


def test_systemd_is_told_that_the_agent_is_ready_and_moves(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(tmp_path / "notify"))
        supervisor.settimeout(5)
        env = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "20000"}
        moves, stop = threading.Event(), threading.Event()
        thread = threading.Thread(target=Watchdog(moves.is_set, env).run, args=(stop,))
        thread.start()
        assert supervisor.recv(100) == b"READY=1"
        supervisor.settimeout(0.1)
        with pytest.raises(TimeoutError):
            supervisor.recv(100)  # it hangs, and says nothing
        moves.set()
        supervisor.settimeout(5)
        assert supervisor.recv(100) == b"WATCHDOG=1"
        stop.set()
        thread.join()
    notify("READY=1", env)  # the supervisor is gone
    notify("READY=1", {})  # there is none


def test_an_agent_without_cameras_loads_no_opencv_and_no_library_of_hardware_it_has_not() -> None:
    heavy = {"cv2", "numpy", "httpx", "pymodbus", "serial", "gpiod", "openvr", "sqlalchemy", "fastapi"}
    program = "import sys, edge_agent.running; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not heavy & set(done.stdout.split())
