"""Configuration from the platform: over a real broker a good one is applied, a bad one refused, and the agent lives."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from campus.clock import VirtualClock
from campus.codec import decode
from campus.errors import SettingsError
from campus.events import Reply, Status
from campus.mqtt.client import Message, MqttClient
from campus.settings import Mqtt, Secrets
from campus.topics import parse
from edge_agent.lab.settings import Lab
from edge_agent.remote import Remote, merged, read_document
from edge_agent.settings import Agent, EdgeSettings

ROOT = Path(__file__).parents[2]
CONFIG = "campus/school-1/edge-1/config"


def document(revision: int, **settings: object) -> bytes:
    return json.dumps({"revision": revision, "settings": settings}).encode()


@pytest.fixture
def local(tmp_path: Path) -> EdgeSettings:
    return EdgeSettings(
        agent=Agent(spool=tmp_path / "edge.db"),
        labs=(Lab(id="lab-1"),),
        secrets=Secrets(credential_key="0123456789abcdef"),
    )


@pytest.mark.parametrize(
    ("payload", "named"),
    [
        (b"{", "truncated"),
        (b"\xff", "configuration"),
        (b"[" * 100_000, "configuration"),
        (document(0), "revision"),
        (document(1, mqtt={"host": "elsewhere"}), "mqtt"),
        (document(1, heartbeat_s=-1), "heartbeat_s"),
        (document(1, labs=[]), "no camera, gate, lab or sensor"),
        (document(1, labs=[{"id": "edge-1"}]), "edge-1"),
        (document(1, cameras=[{"id": "cam-1", "source": "sim", "detector": "yolox", "model": "no.onnx"}]), "no.onnx"),
        (b'{"revision": 1, "settings": {}, "more": "' + b"x" * 300_000 + b'"}', "bytes"),
    ],
)
def test_a_document_that_does_not_fit_is_refused_whole_and_the_key_is_named(
    local: EdgeSettings, payload: bytes, named: str
) -> None:
    with pytest.raises(SettingsError, match=named):
        merged(local, read_document(payload))


def test_what_is_in_force_outlives_the_program_and_an_older_revision_is_refused(
    local: EdgeSettings, clock: VirtualClock
) -> None:
    first = Remote(local, clock)
    assert first.take(document(3, heartbeat_s=7)) is None
    again = Remote(local, clock)
    assert (again.revision, again.settings.agent.heartbeat_s) == (3, 7)
    refusal = again.take(document(2, heartbeat_s=9))
    assert refusal is not None
    assert (refusal.id, refusal.ok) == ("config-2", False)
    assert again.settings.agent.heartbeat_s == 7


def test_when_the_parts_fail_with_a_document_the_one_before_is_in_force_again(
    local: EdgeSettings, clock: VirtualClock
) -> None:
    remote = Remote(local, clock)
    remote.take(document(1, heartbeat_s=7))
    bad = document(2, heartbeat_s=8)
    remote.take(bad)
    assert remote.fall_back("no such camera")
    assert (remote.revision, remote.settings.agent.heartbeat_s) == (1, 7)
    assert remote.take(bad) is None, "the broker brings it again with each connection"
    assert Remote(local, clock).revision == 1


class Platform:
    """What the platform hears of the agent, and its voice."""

    def __init__(self, mqtt: Mqtt) -> None:
        self.replies: list[Reply] = []
        self.statuses: list[Status] = []
        topics = ["campus/school-1/edge-1/reply", "campus/school-1/edge-1/status"]
        self.client = MqttClient(mqtt, "platform", subscriptions=topics, on_message=self._take)
        self.client.start()
        assert self.client.wait_subscribed(10)

    def _take(self, message: Message) -> None:
        body = decode(parse(message.topic).channel, message.payload)
        if isinstance(body, Reply):
            self.replies.append(body)
        elif isinstance(body, Status) and body.state == "online":
            self.statuses.append(body)
        self.client.acknowledge([message])

    def configure(self, payload: bytes) -> None:
        self.client.publish(CONFIG, payload, retain=True)

    def command(self, id_: str, name: str, expires: int = 32_000_000_000_000) -> Reply:
        before = len(self.replies)
        payload = json.dumps({"id": id_, "name": name, "expires": expires}).encode()
        self.client.publish("campus/school-1/edge-1/command", payload)
        until(lambda: len(self.replies) > before)
        return self.replies[-1]


def until(true: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        threading.Event().wait(0.02)


@pytest.fixture
def platform(mqtt: Mqtt) -> Iterator[Platform]:
    made = Platform(mqtt)
    yield made
    made.client.stop()


@pytest.fixture
def agent(tmp_path: Path, broker_port: int) -> Iterator["subprocess.Popen[bytes]"]:
    (tmp_path / "edge.toml").write_text(
        f"[mqtt]\nport = {broker_port}\n[secrets]\ncredential_key = '0123456789abcdef'\n[[labs]]\nid = 'lab-1'\n"
        f"[agent]\nspool = '{tmp_path}/edge.db'\n[school]\nid = 'school-1'\n"
    )
    command = [sys.executable, "-m", "cli.main", "edge", "--config", str(tmp_path / "edge.toml")]
    process = subprocess.Popen(command, cwd=ROOT)
    yield process
    process.terminate()
    assert process.wait(20) == 0


@pytest.mark.broker
def test_over_a_real_broker_a_good_document_is_applied_and_a_bad_one_leaves_the_agent_running(
    platform: Platform, agent: "subprocess.Popen[bytes]"
) -> None:
    until(lambda: bool(platform.statuses))
    assert platform.statuses[-1].config == 0
    platform.configure(document(1, heartbeat_s=5, labs=[{"id": "lab-2"}]))
    until(lambda: platform.statuses[-1].config == 1 and len(platform.replies) == 1)
    assert (platform.replies[0].id, platform.replies[0].ok) == ("config-1", True)
    platform.configure(document(2, labs=[{"id": "lab-2", "seats": 0}]))
    until(lambda: len(platform.replies) == 2)
    assert (platform.replies[1].id, platform.replies[1].ok) == ("config-2", False)
    assert "seats" in platform.replies[1].detail
    occupied = {"id": "gate-1", "source": "zkteco", "terminals": ["T1"], "listen": "203.0.113.1"}
    platform.configure(document(3, gates=[occupied]))
    until(lambda: len(platform.replies) == 3 and platform.statuses[-1].config == 1)
    assert (platform.replies[2].id, platform.replies[2].ok) == ("config-3", False)
    assert "gate-1" in platform.replies[2].detail
    assert agent.poll() is None


@pytest.mark.broker
def test_over_a_real_broker_commands_are_answered_and_a_restart_keeps_the_program(
    platform: Platform, agent: "subprocess.Popen[bytes]"
) -> None:
    until(lambda: bool(platform.statuses))
    assert platform.command("c-1", "ping").ok
    assert "speaks for lab-1" in platform.command("c-2", "identify").detail
    assert platform.command("c-3", "explode").detail.startswith("there is no command")
    assert platform.command("c-4", "ping", expires=1).detail == "came too late"
    boot = platform.statuses[-1].boot
    assert platform.command("c-5", "restart").ok
    until(lambda: platform.statuses[-1].boot != boot)
    platform.client.publish("campus/school-1/edge-1/command", b"{")
    assert platform.command("c-6", "ping").id == "c-6"
    assert agent.poll() is None
