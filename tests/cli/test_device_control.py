"""`campus devices config`, and the sending of what it wrote over a real broker."""

import json
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from campus import db
from campus.clock import VirtualClock
from campus.mqtt.client import Message, MqttClient
from campus.settings import Mqtt
from cli.joins.orders import Orders
from cli.main import campus
from devices.control import configuration
from devices.tables import devices


@pytest.fixture
def agent(engine: sa.Engine) -> sa.Engine:
    """A database with one agent in it."""
    with db.write(engine) as conn:
        blank = {"name": "a", "name_en": "a", "model": "", "covers": ""}
        conn.execute(devices.insert().values(school="school-1", id="edge-1", kind="agent", **blank))
    return engine


def test_a_configuration_is_given_listed_compared_and_taken_back(agent: sa.Engine, tmp_path: Path) -> None:
    def run(*arguments: str, given: str = "") -> str:
        env = {"CAMPUS_DATABASE__URL": f"sqlite:///{tmp_path}/campus.db", "CAMPUS_SCHOOL__ID": "school-1"}
        done = CliRunner().invoke(campus, ["devices", *arguments], input=given, env=env)
        assert done.exit_code == 0, done.output
        return done.output

    assert "Revision 1" in run("config", "set", "edge-1", "-", given='{"heartbeat_s": 10}')
    run("config", "set", "edge-1", "-", given='{"heartbeat_s": 20}')
    assert "heartbeat_s: 10 -> 20" in run("config", "diff", "edge-1", "1", "2")
    assert "Revision 3" in run("config", "back", "edge-1", "1")
    assert "back to revision 1" in run("config", "list", "edge-1")
    assert "begins with edge-1" in run("config", "roll-out", "-", "edge-1", given='{"heartbeat_s": 30}')
    assert "is sent" in run("command", "edge-1", "ping")
    assert "ping" in run("commands", "edge-1")


@pytest.mark.broker
def test_what_waits_is_kept_by_the_broker_for_the_device_and_then_marked_as_sent(
    agent: sa.Engine, mqtt: Mqtt, clock: VirtualClock
) -> None:
    client = MqttClient(mqtt, "platform")
    client.start()
    assert client.wait_connected(10)
    with db.write(agent) as conn:
        configuration.propose(conn, "school-1", "edge-1", {"heartbeat_s": 9}, "x", clock.now())
    orders = Orders(agent, client, lambda _school: True, clock)
    end = time.monotonic() + 30
    while state(agent) != "sent":
        assert time.monotonic() < end
        orders.step()
        threading.Event().wait(0.02)
    heard: list[Message] = []
    came = threading.Event()

    def take(message: Message) -> None:
        heard.append(message)
        came.set()

    device = MqttClient(mqtt, "edge-1", subscriptions=["campus/school-1/edge-1/config"], on_message=take)
    device.start()
    assert came.wait(10)
    device.stop()
    client.stop()
    assert heard[0].retain
    assert json.loads(heard[0].payload) == {"revision": 1, "settings": {"heartbeat_s": 9}}


def state(engine: sa.Engine) -> str:
    with db.read(engine) as conn:
        return configuration.history(conn, "school-1", "edge-1")[0].state
