"""The uplink over a real broker: what is told offline arrives late and complete; the last will tells of a death."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from campus.clock import VirtualClock
from campus.codec import TypedEvent, decode
from campus.errors import Unavailable
from campus.events import CameraTamper, EdgeLoss, GatePass, Readings, SensorAlarm, Status
from campus.mqtt.client import Message, MqttClient
from campus.settings import Mqtt
from campus.topics import parse
from cli.programs.broker import Mosquitto
from edge_agent.settings import Agent
from edge_agent.uplink import Uplink

pytestmark = pytest.mark.broker


class Listener:
    """Everything that arrived at the broker, decoded."""

    def __init__(self, mqtt: Mqtt) -> None:
        self.messages: list[tuple[str, object, bool]] = []
        self._client = MqttClient(mqtt, "listener", subscriptions=["campus/#"], on_message=self._take, persistent=True)
        self._client.start()
        assert self._client.wait_connected(10)

    def _take(self, message: Message) -> None:
        topic = parse(message.topic)
        self.messages.append((topic.device, decode(topic.channel, message.payload), message.retain))
        self._client.acknowledge([message])

    def stop(self) -> None:
        self._client.stop()

    def events(self) -> list[TypedEvent]:
        return [body for _, body, _ in self.messages if isinstance(body, TypedEvent)]

    def values(self) -> list[tuple[float, bool]]:
        """Each reading once: a broker that was stopped before it took our own ack brings a message again."""
        told = (
            (float(item.values["n"]), item.late)
            for _, body, _ in self.messages
            if isinstance(body, Readings)
            for item in body.items
        )
        return list(dict.fromkeys(told))

    def states(self, device: str) -> list[str]:
        return [body.state for name, body, _ in self.messages if name == device and isinstance(body, Status)]


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        threading.Event().wait(0.02)


@pytest.fixture
def listener(mqtt: Mqtt) -> Iterator[Listener]:
    made = Listener(mqtt)
    yield made
    made.stop()


class Running:
    """An uplink with its sending thread."""

    def __init__(self, mqtt: Mqtt, clock: VirtualClock, spool: Path, spool_mb: float = 1.0) -> None:
        self.uplink = Uplink(Agent(spool=spool, spool_mb=spool_mb), "s1", mqtt, clock)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.uplink.run, args=(self._stop,))
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        self._thread.join()
        self.uplink.close()


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "edge.db"


def test_what_is_told_arrives_in_order_with_boot_and_running_numbers(
    mqtt: Mqtt, clock: VirtualClock, spool: Path, listener: Listener
) -> None:
    running = Running(mqtt, clock, spool)
    until(lambda: running.uplink._client.connected)
    for number in range(300):
        running.uplink.reading("cam-1", {"n": number}, clock.now())
    running.uplink.event("cam-1", CameraTamper(kind="dark", active=True), clock.now())
    until(lambda: len(listener.events()) == 1)
    running.end()
    assert listener.values() == [(number, False) for number in range(300)]
    (event,) = listener.events()
    assert (event.seq, event.late) == (301, False)
    assert event.boot


def test_what_is_told_without_a_broker_arrives_later_and_is_marked_late(
    mqtt: Mqtt, mosquitto: Mosquitto, clock: VirtualClock, spool: Path, listener: Listener
) -> None:
    running = Running(mqtt, clock, spool)
    until(lambda: running.uplink._client.connected)
    running.uplink.reading("cam-1", {"n": 0}, clock.now())
    until(lambda: len(running.uplink._spool) == 0)
    mosquitto.stop()
    until(lambda: not running.uplink._client.connected)
    for number in range(1, 6):
        running.uplink.reading("cam-1", {"n": number}, clock.now())
    mosquitto.start()
    until(lambda: len(listener.values()) >= 6)
    running.end()
    assert listener.values() == [(0, False), *((number, True) for number in range(1, 6))]


def test_what_a_terminal_kept_for_hours_is_marked_late_and_keeps_its_time(
    mqtt: Mqtt, clock: VirtualClock, spool: Path, listener: Listener
) -> None:
    running = Running(mqtt, clock, spool)
    until(lambda: running.uplink._client.connected)
    for hours in (3, 0):
        running.uplink.event("gate-1", GatePass(credential="c" * 32, lane="1"), clock.now() - timedelta(hours=hours))
    until(lambda: len(listener.events()) == 2)
    running.end()
    old, fresh = listener.events()
    assert (old.late, fresh.late) == (True, False)
    assert fresh.ts - old.ts == 3 * 3_600_000


def test_what_a_dead_agent_left_in_its_spool_is_sent_by_the_next_run(
    mqtt: Mqtt, clock: VirtualClock, spool: Path, listener: Listener
) -> None:
    nowhere = Mqtt(port=1)
    first = Running(nowhere, clock, spool)
    first.uplink.event("gate-1", SensorAlarm(kind="smoke", active=True), clock.now())
    first.end()
    second = Running(mqtt, clock, spool)
    until(lambda: bool(listener.events()))
    second.end()
    (event,) = listener.events()
    assert event.late
    assert event.event == SensorAlarm(kind="smoke", active=True)


def test_every_device_is_online_in_each_heartbeat_and_offline_at_the_end(
    mqtt: Mqtt, clock: VirtualClock, spool: Path, listener: Listener
) -> None:
    running = Running(mqtt, clock, spool)
    running.uplink.add_device("cam-1", lambda: {"fps": 5.0})
    until(lambda: bool(listener.states("edge-1")))
    before = len(listener.states("edge-1"))
    clock.advance(timedelta(seconds=31))
    until(lambda: len(listener.states("edge-1")) > before and "online" in listener.states("cam-1"))
    running.end()
    until(lambda: listener.states("edge-1")[-1] == "offline" == listener.states("cam-1")[-1])
    told = [body for name, body, _ in listener.messages if name == "cam-1" and isinstance(body, Status)]
    assert told[-1].health == {"fps": 5.0}


def test_the_last_will_tells_of_an_agent_that_died(
    mqtt: Mqtt, clock: VirtualClock, spool: Path, listener: Listener
) -> None:
    running = Running(mqtt, clock, spool)
    until(lambda: bool(listener.states("edge-1")))
    sock = running.uplink._client._paho.socket()
    assert sock is not None
    sock.shutdown(2)  # the connection breaks off without a goodbye
    until(lambda: "offline" in listener.states("edge-1"))
    until(lambda: listener.states("edge-1")[-1] == "online")  # and it comes back by itself
    running.end()


def test_a_drop_is_reported_once_when_the_broker_is_back(
    mqtt: Mqtt, mosquitto: Mosquitto, clock: VirtualClock, spool: Path, listener: Listener
) -> None:
    mosquitto.stop()
    running = Running(mqtt, clock, spool, spool_mb=0.004)
    for number in range(100):
        running.uplink.reading("cam-1", {"n": number}, clock.now())
    kept = len(running.uplink._spool)
    assert 10 < kept < 25
    mosquitto.start()
    until(lambda: bool(listener.events()))
    clock.advance(timedelta(seconds=31))
    until(lambda: len(running.uplink._spool) == 0)
    running.end()
    reports = [body.event for body in listener.events()]
    assert all(isinstance(report, EdgeLoss) for report in reports)
    assert sum(report.dropped for report in reports if isinstance(report, EdgeLoss)) + len(listener.values()) == 100


def test_a_spool_that_cannot_be_opened_is_named(mqtt: Mqtt, clock: VirtualClock, tmp_path: Path) -> None:
    (tmp_path / "edge.db").write_text("this is no database, and long enough to be sure of that " * 20)
    with pytest.raises(Unavailable, match=r"edge\.db"):
        Uplink(Agent(spool=tmp_path / "edge.db"), "s1", mqtt, clock)
