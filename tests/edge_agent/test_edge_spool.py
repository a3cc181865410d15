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
from edge_agent.drain import Drain
from edge_agent.spool import OVERHEAD, Loss, Spool, Waiting

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


def waiting(spool: Spool) -> list[Waiting]:
    """Everything in it, oldest first."""
    return sorted([*spool.live(10**6, ()), *spool.late(10**6, ())], key=lambda message: message.id)


def payloads(spool: Spool) -> list[bytes]:
    return [message.payload for message in waiting(spool)]


def test_messages_come_out_in_the_order_they_went_in(path: Path, clock: VirtualClock) -> None:
    spool = Spool(path, 1_000_000)
    fill(spool, clock, "telemetry", 2)
    fill(spool, clock, "event", 1)
    fill(spool, clock, "telemetry", 1, first=2)
    assert payloads(spool) == [b"t-00000000", b"t-00000001", b"e-00000000", b"t-00000002"]
    first = waiting(spool)[0]
    spool.done([first.id, first.id, 9999])  # an ack may come twice, or for what is gone already
    assert (len(spool), payloads(spool)[0]) == (3, b"t-00000001")
    spool.close()


def test_what_an_earlier_run_left_is_still_there_and_is_late(path: Path, clock: VirtualClock) -> None:
    spool = Spool(path, 1_000_000)
    fill(spool, clock, "event", 3)
    assert not any(message.late for message in waiting(spool))
    spool.close()
    again = Spool(path, 1_000_000)
    assert len(again) == 3
    assert all(message.late for message in waiting(again))
    again.close()


def test_what_waits_when_the_broker_goes_is_late_and_what_comes_after_is_not(path: Path, clock: VirtualClock) -> None:
    spool = Spool(path, 1_000_000)
    fill(spool, clock, "telemetry", 3)
    spool.done([waiting(spool)[0].id])
    spool.broker_gone()
    fill(spool, clock, "telemetry", 1, first=3)
    assert [message.late for message in waiting(spool)] == [True, True, False]
    spool.close()


# -- what goes next -------------------------------------------------------------------------------------------------


class Seconds:
    """Real time as a test has it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def put(spool: Spool, clock: VirtualClock, kind: str, device: str, text: str) -> None:
    assert spool.put(kind, f"campus/s/{device}/{kind}", text.encode(), clock.now(), late=False)  # type: ignore[arg-type]


def test_a_day_offline_drains_at_its_rate_and_live_messages_go_at_once(path: Path, clock: VirtualClock) -> None:
    spool, seconds = Spool(path, 10_000_000), Seconds()
    for number in range(2000):
        put(spool, clock, "telemetry", "cam-1", f"old {number}")
    spool.broker_gone()
    drain = Drain(spool, 100, seconds)
    waited = []
    for step in range(40):  # ten seconds, every message acknowledged at once
        put(spool, clock, "event", "smoke-1", f"alarm {step}")
        put(spool, clock, "telemetry", "cam-1", f"new {step}")
        batch = drain.next((), 200)
        texts = [message.payload.decode() for message in batch]
        assert texts[:2] == [f"alarm {step}", f"new {step}"]
        waited += [text for text in texts if text.startswith("old")]
        spool.done([message.id for message in batch])
        seconds.now += 0.25
    assert waited == [f"old {number}" for number in range(len(waited))]
    assert 950 <= len(waited) <= 1050
    spool.close()


def test_an_event_never_overtakes_an_earlier_event_of_its_device(path: Path, clock: VirtualClock) -> None:
    spool, seconds = Spool(path, 1_000_000), Seconds()
    put(spool, clock, "event", "smoke-1", "raised")
    spool.broker_gone()
    put(spool, clock, "event", "smoke-1", "cleared")
    put(spool, clock, "event", "door-1", "opened")
    drain = Drain(spool, 4, seconds)
    first = drain.next((), 200)
    assert [message.payload for message in first] == [b"opened", b"raised"]
    assert drain.next({message.id for message in first}, 198) == []  # it waits for the acknowledgement
    spool.done([message.id for message in first])
    assert [message.payload for message in drain.next((), 200)] == [b"cleared"]
    spool.close()


def test_what_is_late_keeps_a_share_when_there_is_much_that_is_live(path: Path, clock: VirtualClock) -> None:
    spool, seconds = Spool(path, 10_000_000), Seconds()
    fill(spool, clock, "telemetry", 50)
    spool.broker_gone()
    fill(spool, clock, "telemetry", 500)
    drain = Drain(spool, 1000, seconds)
    batch = drain.next((), 200)
    assert len(batch) == 200
    assert sum(message.late for message in batch) == 50
    assert len(drain.next({message.id for message in batch}, 0)) == 0
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
from edge_agent.drain import Drain
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
    kept = [int(payload) for payload in (message.payload for message in waiting(spool))]
    assert kept == list(range(len(kept)))
    assert len(kept) >= told + 1
    spool.close()
