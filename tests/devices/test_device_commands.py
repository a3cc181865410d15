"""Commands: who asked, what the device answered, and what was given up."""

from datetime import timedelta

import msgspec
import pytest

from campus import db
from campus.errors import Conflict
from campus.events import Reply
from devices.control import commands
from devices.control.stage import ControlStage
from tests.devices.conftest import SCHOOL, Rig


def test_a_command_is_settled_once_and_only_by_the_device_that_was_asked(rig: Rig) -> None:
    stage, now = ControlStage(), rig.clock.now()
    with db.write(rig.engine) as conn:
        asked = commands.ask(conn, SCHOOL, "agent-1", "ping", "facility", now)
        commands.mark_sent(conn, asked.id)
        stage.handle(conn, [rig.envelope("gate-1", Reply(id=asked.id, ts=1, ok=True, detail="me"))], now)
        stage.handle(conn, [rig.envelope("agent-1", Reply(id=asked.id, ts=1, ok=True, detail="here"))], now)
        stage.handle(conn, [rig.envelope("agent-1", Reply(id=asked.id, ts=1, ok=False, detail="no"))], now)
        (found,) = commands.history(conn, SCHOOL, "agent-1")
    assert (found.state, found.detail, found.asked_by) == ("done", "here", "facility")


def test_a_command_without_an_answer_expires_and_is_not_sent_any_more(rig: Rig) -> None:
    stage, now = ControlStage(), rig.clock.now()
    with db.write(rig.engine) as conn:
        asked = commands.ask(conn, SCHOOL, "agent-1", "restart", "facility", now, timedelta(seconds=30))
        assert [command.id for _, command in commands.waiting(conn, now)] == [asked.id]
        later = now + timedelta(seconds=30)
        stage.tick(conn, later)
        assert commands.waiting(conn, later) == []
        found = commands.get(conn, asked.id)
    assert found is not None
    assert (found.state, found.detail) == ("expired", "no answer in time")


@pytest.mark.parametrize(
    ("device", "name", "seconds", "named"),
    [
        ("agent-1", "explode", 60, "ping, identify, restart"),
        ("agent-1", "still", 60, "still CAMERA"),
        ("agent-1", "still " + "c" * 40, 60, "at most 32"),
        ("agent-1", "ping", 0, "timeout"),
        ("gate-1", "ping", 60, "is a gate"),
    ],
)
def test_what_cannot_be_asked_is_refused(rig: Rig, device: str, name: str, seconds: int, named: str) -> None:
    with db.write(rig.engine) as conn, pytest.raises(Conflict, match=named):
        commands.ask(conn, SCHOOL, device, name, "facility", rig.clock.now(), timedelta(seconds=seconds))


def test_a_command_about_a_camera_names_it_on_the_wire(rig: Rig) -> None:
    with db.write(rig.engine) as conn:
        asked = commands.ask(conn, SCHOOL, "agent-1", "still cam-1", "guard", rig.clock.now())
    said = msgspec.json.decode(commands.payload(asked))
    assert (said["name"], said["device"]) == ("still", "cam-1")
    assert "device" not in msgspec.json.decode(commands.payload(msgspec.structs.replace(asked, name="ping")))
