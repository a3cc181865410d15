"""From a device's message over a real broker to the guard's and the teacher's screen, on both databases."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from campus import db
from campus.clock import to_ms
from campus.events import CameraIntrusion, GatePass, Reading
from campus.settings import Mqtt, School
from cli.commands.school_files import import_school
from simulator.school.files import write_files
from simulator.school.values import SimulatedSchool
from tests.alerts.receiver import Delivery, Receiver
from tests.conftest import free_port
from tests.flow.running_school import SECRET, RunningSchool, eventually

pytestmark = pytest.mark.broker
MORNING = datetime(2026, 9, 6, 23, 30, tzinfo=UTC)  # 07:30 at the school, Monday: the gates are open
STILL = b"\xff\xd8 a still \xff\xd9"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, school: SimulatedSchool, tmp_path: Path) -> sa.Engine:
    """The school imported into each database there is."""
    if request.param == "sqlite":
        engine: sa.Engine = request.getfixturevalue("school_engine")
        return engine
    engine = request.getfixturevalue("postgresql")
    write_files(school, tmp_path / "files")
    with db.write(engine) as conn:
        import_school(conn, School(id=school.id), tmp_path / "files", datetime(2026, 9, 1, tzinfo=UTC))
    return engine


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Where the alarms are posted to."""
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def running(
    tmp_path: Path, mqtt: Mqtt, school: SimulatedSchool, database: sa.Engine, receiver: Receiver
) -> Iterator[RunningSchool]:
    """The school with everything running."""
    made = RunningSchool(tmp_path, mqtt, school, database, MORNING, free_port(), receiver.url)
    made.start()
    yield made
    assert made.stop() == [0, 0, 0], made.logs()


def is_signed(delivery: Delivery) -> bool:
    """Whether the signature is the one that the receiver computes for itself."""
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    content = f"{delivery.id}.{delivery.headers['webhook-timestamp']}.".encode() + delivery.body
    expected = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    return f"v1,{expected}" in delivery.headers["webhook-signature"].split()


def answer(client: httpx.Client, path: str) -> Any:
    """What the API says."""
    got = client.get(f"/api/v1{path}")
    assert got.status_code == 200, got.text
    return got.json()


def test_each_kind_of_message_reaches_the_people_it_concerns(running: RunningSchool, receiver: Receiver) -> None:
    school = running.school
    student = school.students[0]
    class_ = next(one for one in school.classes if one.id == student.class_id)
    sensor = next(device.id for device in school.devices if device.senses == "air")
    guard, teacher = running.sign_in("guard"), running.sign_in("teacher", class_.teacher)

    def alarms() -> dict[str, Any]:
        return {alarm["rule"]: alarm for alarm in answer(guard, "/alarms")["open"]}

    def state_of(device: str) -> str:
        return str(answer(guard, f"/devices/{device}")["line"]["state"])

    def line_of_student() -> dict[str, Any]:
        lines = answer(teacher, f"/classes/{class_.id}/roll")["lines"]
        return dict(next(line for line in lines if line["student"] == student.id))

    running.say_status("gate-1", "online")
    running.say_readings(sensor, Reading(ts=to_ms(running.clock.now()), values={"co2": 700}))
    running.say_event("gate-1", GatePass(credential=student.credential, direction="in", serial=1))
    running.say_event("cam-2", CameraIntrusion(zone="fence", track=1, confidence=0.9, still=STILL))

    # the status: the facility's list; the reading: the series; the pass: the roll; the event: an alarm with its still
    assert eventually(lambda: state_of("gate-1") == "online"), running.logs()
    assert [(one["metric"], one["value"]) for one in answer(guard, f"/devices/{sensor}/latest")] == [("co2", 700)]
    assert eventually(lambda: line_of_student()["status"] is not None), running.logs()
    assert line_of_student()["status"] == "present"
    assert eventually(lambda: "intrusion" in alarms()), running.logs()
    intrusion = alarms()["intrusion"]
    assert guard.get(f"/api/v1/alarms/{intrusion['id']}/still").content == STILL

    # notified: posted once, signed, and told again when a guard takes it
    first = receiver.arrived.get(timeout=15)
    assert is_signed(first)
    assert first.event["data"]["alarm"] == intrusion["id"]
    taken = guard.post(f"/api/v1/alarms/{intrusion['id']}/acknowledge")
    assert taken.status_code == 200, taken.text
    second = receiver.arrived.get(timeout=15)
    assert (second.event["data"]["action"], is_signed(second)) == ("acknowledge", True)

    # a gate's last will: the gate is down, an alarm of its own says so
    running.say_status("gate-1", "offline")
    assert eventually(lambda: state_of("gate-1") == "offline"), running.logs()
    assert eventually(lambda: "device-silent-gate" in alarms()), running.logs()
    third = receiver.arrived.get(timeout=15)
    assert (third.event["data"]["rule"], is_signed(third)) == ("device-silent-gate", True)
    assert receiver.arrived.empty()
