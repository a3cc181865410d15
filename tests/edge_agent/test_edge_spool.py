"""The spool loses nothing silently: it outlives a kill, keeps events over readings, and counts each drop."""

import os
import signal
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from campus.clock import VirtualClock
from edge_agent.spool import OVERHEAD, Loss, Spool

TOPIC = "campus/s/d/telemetry"
ROOM_FOR_TEN = 10 * (10 + OVERHEAD)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool" / "edge.db"


def fill(spool: Spool, clock: VirtualClock, kind: str, count: int, first: int = 0) -> list[bool]:
    return [
        spool.put(kind, TOPIC, f"{kind[0]}-{number:08d}".encode(), clock.now(), late=False)  # type: ignore[arg-type]
        for number in range(first, first + count)
    ]


def payloads(spool: Spool) -> list[bytes]:
    return [message.payload for message in spool.after(0, 1000)]


def test_messages_come_out_in_the_order_they_went_in(path: Path, clock: VirtualClock) -> None:
    spool = Spool(path, 1_000_000)
    fill(spool, clock, "telemetry", 2)
    fill(spool, clock, "event", 1)
    fill(spool, clock, "telemetry", 1, first=2)
    assert payloads(spool) == [b"t-00000000", b"t-00000001", b"e-00000000", b"t-00000002"]
    first = spool.after(0, 1)[0]
    spool.done([first.id, first.id, 9999])  # an ack may come twice, or for what is gone already
    assert (len(spool), payloads(spool)[0]) == (3, b"t-00000001")
    spool.close()


def test_what_an_earlier_run_left_is_still_there_and_is_late(path: Path, clock: VirtualClock) -> None:
    spool = Spool(path, 1_000_000)
    fill(spool, clock, "event", 3)
    assert not any(message.late for message in spool.after(0, 10))
    spool.close()
    again = Spool(path, 1_000_000)
    assert len(again) == 3
    assert all(message.late for message in again.after(0, 10))
    again.close()


def test_what_waits_when_the_broker_goes_is_late_and_what_was_sent_before_is_not(
    path: Path, clock: VirtualClock
) -> None:
    spool = Spool(path, 1_000_000)
    fill(spool, clock, "telemetry", 3)
    sent = spool.after(0, 10)[0].id
    spool.broker_gone(sent)
    assert [message.late for message in spool.after(0, 10)] == [False, True, True]
    spool.close()


def test_a_full_spool_drops_the_oldest_readings_and_says_so(path: Path, clock: VirtualClock) -> None:
    spool = Spool(path, ROOM_FOR_TEN)
    assert all(fill(spool, clock, "telemetry", 13))
    assert payloads(spool)[0] == b"t-00000003"
    assert len(spool) == 10
    assert spool.losses() == [Loss("telemetry", "the spool is full", 3)]
    spool.close()


def test_readings_never_drive_out_events(path: Path, clock: VirtualClock) -> None:
    spool = Spool(path, ROOM_FOR_TEN)
    fill(spool, clock, "event", 8)
    fill(spool, clock, "telemetry", 4)
    assert sum(payload.startswith(b"e") for payload in payloads(spool)) == 8
    fill(spool, clock, "event", 2, first=8)
    assert [payload[:1] for payload in payloads(spool)] == [b"e"] * 10
    assert fill(spool, clock, "telemetry", 1, first=4) == [False]
    assert spool.losses() == [Loss("telemetry", "the spool is full", 5)]
    spool.close()


def test_events_go_oldest_first_only_when_no_reading_is_left(path: Path, clock: VirtualClock) -> None:
    spool = Spool(path, ROOM_FOR_TEN)
    fill(spool, clock, "telemetry", 1)
    fill(spool, clock, "event", 12)
    assert payloads(spool)[0] == b"e-00000002"
    assert spool.losses() == [
        Loss("event", "the spool is full", 2),
        Loss("telemetry", "the spool is full", 1),
    ]
    spool.close()


def test_what_is_too_old_is_dropped_and_counted(path: Path, clock: VirtualClock) -> None:
    spool = Spool(path, 1_000_000)
    fill(spool, clock, "telemetry", 2)
    clock.advance(timedelta(days=3))
    fill(spool, clock, "telemetry", 1, first=2)
    spool.expire(clock.now(), timedelta(days=2))
    assert payloads(spool) == [b"t-00000002"]
    assert spool.losses() == [Loss("telemetry", "too old", 2)]
    spool.close()


def test_a_loss_is_settled_with_the_event_that_reports_it_or_not_at_all(path: Path, clock: VirtualClock) -> None:
    spool = Spool(path, ROOM_FOR_TEN)
    fill(spool, clock, "telemetry", 12)
    (loss,) = spool.losses()
    spool.put("event", TOPIC, b"report", clock.now(), late=False, settles=loss)
    # The report itself drove out one more reading: that is a new loss.
    assert spool.losses() == [Loss("telemetry", "the spool is full", 1)]
    spool.close()
    assert Spool(path, ROOM_FOR_TEN).losses() == [Loss("telemetry", "the spool is full", 1)]


def test_a_failed_write_leaves_the_counts_as_they_were(path: Path, clock: VirtualClock) -> None:
    spool = Spool(path, 1_000_000)
    fill(spool, clock, "telemetry", 1)
    with pytest.raises(sqlite3.IntegrityError):
        spool.put("telemetry", None, b"x", clock.now(), late=False)  # type: ignore[arg-type]
    assert len(spool) == 1
    fill(spool, clock, "telemetry", 1, first=1)
    assert len(payloads(spool)) == len(spool) == 2
    spool.close()


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from edge_agent.spool import Spool
spool = Spool(Path(sys.argv[1]), 10**8)
for number in range(10**6):
    spool.put("event" if number % 2 else "telemetry", "t", str(number).encode(), datetime.now(UTC), late=False)
    print(number, flush=True)
"""


def test_a_killed_program_leaves_every_message_it_had_put(path: Path) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    told = -1
    for line in writer.stdout:
        told = int(line)
        if told >= 50:
            break
    os.kill(writer.pid, signal.SIGKILL)
    rest = writer.stdout.read().split()
    writer.stdout.close()
    writer.wait()
    told = int(rest[-1]) if rest else told
    spool = Spool(path, 10**8)
    kept = [int(payload) for payload in (message.payload for message in spool.after(0, 10**6))]
    assert kept == list(range(len(kept)))
    assert len(kept) >= told + 1
    spool.close()
