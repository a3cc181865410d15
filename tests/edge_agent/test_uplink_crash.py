"""An agent killed at random while it speaks to a real broker: what it said arrives, each event once by its id."""

import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from campus.codec import TypedEvent, decode
from campus.events import GatePass
from campus.mqtt.client import Message, MqttClient
from campus.settings import Mqtt
from campus.topics import parse

pytestmark = pytest.mark.broker
ROUNDS = 4
# Says a number once the pass with that serial is in the spool; sends from another thread all the while.
PROGRAM = """
import sys, threading, time
from pathlib import Path
from campus.clock import SystemClock
from campus.events import GatePass
from campus.settings import Mqtt
from edge_agent.settings import Agent
from edge_agent.uplink import Uplink
path, port, first, count = sys.argv[1], *map(int, sys.argv[2:])
clock = SystemClock()
uplink, stop = Uplink(Agent(spool=Path(path), drain_s=20), "s1", Mqtt(port=port), clock), threading.Event()
sender = threading.Thread(target=uplink.run, args=(stop,), daemon=True)
sender.start()
for number in range(first, first + count):
    uplink.event("gate-1", GatePass(credential="0" * 32, serial=number), clock.now())
    print(number, flush=True)
    time.sleep(0.002)
deadline = time.monotonic() + 30
while len(uplink._spool) and time.monotonic() < deadline:
    time.sleep(0.02)
stop.set()
sender.join()
uplink.close()
"""


def run(spool: Path, mqtt: Mqtt, first: int, count: int, kill_after: int | None) -> list[int]:
    """The numbers that the program said, until it was killed after some of them (None: until its end)."""
    arguments = [sys.executable, "-c", PROGRAM, str(spool), str(mqtt.port), str(first), str(count)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        said = []
        for line in program.stdout:
            said.append(int(line))
            if kill_after is not None and len(said) >= kill_after:
                program.send_signal(signal.SIGKILL)
                break
        said += [int(line) for line in program.stdout if line.endswith("\n")]
    return said


def test_kills_at_random_points_lose_no_event_and_double_none(mqtt: Mqtt, tmp_path: Path) -> None:
    chance, came, lock = random.Random(7), [], threading.Lock()

    def take(message: Message) -> None:
        body = decode(parse(message.topic).channel, message.payload)
        if isinstance(body, TypedEvent) and isinstance(body.event, GatePass):
            with lock:
                came.append((body.id, body.event.serial))
        client.acknowledge([message])

    client = MqttClient(mqtt, "truth", subscriptions=["campus/s1/gate-1/event"], on_message=take, persistent=True)
    client.start()
    assert client.wait_subscribed(10)
    said: list[int] = []
    for number in range(ROUNDS):
        said += run(tmp_path / "edge.db", mqtt, 1000 * number, 500, chance.randint(20, 200))
    said += run(tmp_path / "edge.db", mqtt, 9000, 1, None)
    end = time.monotonic() + 30
    while not set(said) <= {serial for _, serial in came} and time.monotonic() < end:
        threading.Event().wait(0.02)
    client.stop()
    assert set(said) <= {serial for _, serial in came}
    ids = dict(came)  # the platform takes an id once
    assert len(ids) == len(set(ids.values()))
    first_come = list(dict.fromkeys(serial for _, serial in came))
    assert first_come == sorted(first_come)
