"""`kill -9` of the pipeline at each step between receive and acknowledge: nothing is lost and nothing is doubled."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from alerts.tables import alarm_steps, alarms, evidence, outbox
from attendance.register.tables import marks, passes
from campus import codec, topics
from campus.clock import ScaledClock, to_ms
from campus.events import CameraIntrusion, GatePass, Reading, SensorAlarm, Status
from campus.mqtt.client import Message, MqttClient
from campus.series.sqlite import SqliteSeries
from campus.series.store import SeriesKey
from campus.settings import Mqtt
from campus.tables import dead_letters, seen_events
from simulator.school.values import SimulatedSchool

pytestmark = pytest.mark.broker
ROOT = Path(__file__).parents[2]
STEPS = ["received", "decoded", "written", "committed", "stored", "acknowledged"]
MORNING = datetime(2026, 9, 6, 23, 30, tzinfo=UTC)  # 07:30 at the school, Monday
STILL = b"\xff\xd8 a still \xff\xd9"


class World:
    """A school's settings, its broker, and the messages of one morning moment."""

    def __init__(self, folder: Path, mqtt: Mqtt, school: SimulatedSchool, engine: sa.Engine) -> None:
        self.folder = folder
        self.mqtt = mqtt
        self.school = school
        self.engine = engine
        self.clock = ScaledClock(MORNING, 1.0)
        self.sensor = next(device.id for device in school.devices if device.senses == "air")
        self.student = school.students[0]
        self.config = folder / "campus.toml"
        self.config.write_text(
            f'[mqtt]\nport = {mqtt.port}\n[database]\nurl = "sqlite:///{folder}/campus.db"\n'
            f'[series]\npath = "{folder}/series.db"\n'
            '[[alerts.webhooks]]\nname = "post"\nurl = "http://127.0.0.1:9/hook"\n'
        )

    def start(self, step: str = "never", nth: int = 1) -> subprocess.Popen[bytes]:
        """Start the ingest program; it kills itself when ``step`` is reached the ``nth`` time."""
        with (self.folder / "ingest.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("crashing_ingest.py")), str(self.config), step, str(nth)],
                env={**os.environ, "CAMPUS_CLOCK": self.clock.spec(), "PYTHONPATH": str(ROOT)},
                stderr=log,
            )

    def publish_the_moment(self) -> None:
        """A reading, a gate pass, a camera event, a panic button and a status; the pass and the alarm twice."""
        now = to_ms(self.clock.now())
        school = self.school.id
        gate_pass = codec.encode_event(
            GatePass(credential=self.student.credential, direction="in"), id="pass-0001", ts=now, seq=1, boot="b"
        )
        intrusion = CameraIntrusion(zone="fence", track=1, confidence=0.9, still=STILL)
        panic = SensorAlarm(kind="panic", active=True)
        button = next(device.id for device in self.school.devices if device.senses == "panic")
        messages = [
            (f"campus/{school}/gate-1/status", codec.encode(Status(state="online", ts=now, boot="b"))),
            (f"campus/{school}/gate-1/event", gate_pass),
            (f"campus/{school}/gate-1/event", gate_pass),
            (
                f"campus/{school}/{self.sensor}/telemetry",
                codec.encode_readings((Reading(ts=now, values={"co2": 700}),)),
            ),
            (f"campus/{school}/cam-2/event", codec.encode_event(intrusion, id="intru-01", ts=now, seq=1, boot="b")),
            (f"campus/{school}/{button}/event", codec.encode_event(panic, id="panic-01", ts=now, seq=1, boot="b")),
            (f"campus/{school}/gate-1/telemetry", b"{not json"),
        ]
        client = MqttClient(self.mqtt, "devices")
        client.start()
        assert client.wait_connected(10)
        acked = threading.Semaphore(0)
        for topic, payload in messages:
            client.publish(topic, payload, on_ack=acked.release)
        for _ in messages:
            assert acked.acquire(timeout=10)
        client.stop()

    def count(self, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
        with self.engine.connect() as conn:
            return int(conn.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one())

    def left_at_the_broker(self) -> list[bytes]:
        """What the broker still keeps for the pipeline: whatever comes before a sentinel."""
        kept: list[Message] = []
        arrived = threading.Event()

        def on_message(message: Message) -> None:
            kept.append(message)
            if message.payload == b"sentinel":
                arrived.set()

        client = MqttClient(
            self.mqtt,
            "campus-ingest-1-of-1",
            subscriptions=topics.subscription(),
            on_message=on_message,
            persistent=True,
        )
        client.start()
        assert client.wait_subscribed(10)
        client.publish(f"campus/{self.school.id}/gate-1/reply", b"sentinel")
        assert arrived.wait(10)
        client.acknowledge(kept)
        client.stop()
        return [message.payload for message in kept if not message.retain][:-1]


def eventually(true: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.05)  # another process works; this is no wait for the clock
    return False


@pytest.fixture
def world(tmp_path: Path, mqtt: Mqtt, school: SimulatedSchool, school_engine: sa.Engine) -> Iterator[World]:
    made = World(tmp_path, mqtt, school, school_engine)
    subscriber = MqttClient(mqtt, "campus-ingest-1-of-1", subscriptions=topics.subscription(), persistent=True)
    subscriber.start()
    assert subscriber.wait_subscribed(10)
    subscriber.stop()
    return made


def hold_the_truth(world: World) -> None:
    """Everything the moment means is there, once."""
    assert world.count(passes) == 1
    assert world.count(marks, marks.c.student == world.student.id, marks.c.status == "present") == 1
    assert world.count(alarms, alarms.c.rule == "intrusion") == 1
    assert world.count(alarms, alarms.c.rule == "panic") == 1
    assert world.count(evidence) == 1
    raised = sa.select(alarms.c.id).where(alarms.c.rule == "intrusion").scalar_subquery()
    assert world.count(alarm_steps, alarm_steps.c.alarm == raised) == 1
    assert world.count(outbox, outbox.c.alarm == raised, outbox.c.kind == "webhook") <= 1
    assert world.count(seen_events) == 3
    assert world.count(dead_letters) == 1
    store = SqliteSeries(world.folder / "series.db")
    try:
        start = to_ms(MORNING)
        samples = store.read(SeriesKey(world.school.id, world.sensor, "co2"), start, start + 3_600_000)
        assert [sample.value for sample in samples] == [700]
    finally:
        store.close()


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_nothing_is_lost_and_nothing_doubled(world: World, step: str) -> None:
    world.publish_the_moment()
    crashing = world.start(step)
    assert crashing.wait(timeout=60) == -9, (world.folder / "ingest.log").read_text()
    if step == "received":
        assert world.count(seen_events) == 0  # it died before it did anything, and the broker has it all
    survivor = world.start()
    try:
        finished = eventually(lambda: world.count(dead_letters) == 1 and world.count(seen_events) == 3)
        assert finished, (world.folder / "ingest.log").read_text()
        assert eventually(lambda: world.count(marks) > 0)
    finally:
        survivor.terminate()
        assert survivor.wait(timeout=30) == 0, (world.folder / "ingest.log").read_text()
    hold_the_truth(world)
    assert world.left_at_the_broker() == []


def test_events_spoken_while_the_pipeline_is_away_are_taken_when_it_returns(world: World) -> None:
    world.publish_the_moment()
    first = world.start()
    try:
        assert eventually(lambda: world.count(seen_events) == 3)
    finally:
        first.terminate()
        first.wait(timeout=30)
    later = to_ms(world.clock.now() + timedelta(seconds=1))
    other = world.school.students[1]
    event = GatePass(credential=other.credential, direction="in")
    client = MqttClient(world.mqtt, "gate-1")
    client.start()
    assert client.wait_connected(10)
    acked = threading.Event()
    payload = codec.encode_event(event, id="pass-0002", ts=later, seq=2, boot="b")
    client.publish(f"campus/{world.school.id}/gate-1/event", payload, on_ack=acked.set)
    assert acked.wait(10)
    client.stop()
    second = world.start()
    try:
        assert eventually(lambda: world.count(passes) == 2)
    finally:
        second.terminate()
        second.wait(timeout=30)
