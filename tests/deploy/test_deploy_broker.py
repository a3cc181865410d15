"""A real Mosquitto takes the configuration of deploy/, and lets each account say and hear only what is its own."""

import os
import queue
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest

from campus.mqtt.client import Message, MqttClient
from campus.settings import Mqtt
from campus.topics import Channel, subscription
from cli.programs.broker import find_mosquitto, is_listening
from deploy import prepare
from tests.conftest import free_port

ROOT = Path(__file__).parents[2]
PATIENCE_S = 30
pytestmark = pytest.mark.broker


class Broker:
    """The compose file's Mosquitto on this machine: its configuration with the container's paths put right."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self.secrets = folder / "secrets"
        prepare.prepare(self.secrets)
        self.passwords = {user: self.read(secret) for user, secret in prepare.SERVICES.items()}
        self.passwords["gate-1"] = prepare.add_device(self.secrets, "gate-1")
        self.passwords["edge-1"] = prepare.add_agent(self.secrets, "edge-1", ["cam-1", "cam-2"], "school-1")
        (folder / "data").mkdir()
        self.devices, self.tls_port = folder / "devices", free_port()
        text = (ROOT / "deploy/mosquitto/mosquitto.conf").read_text()
        for inside, outside in (
            ("listener 1883", f"listener {port} 127.0.0.1"),
            ("/mosquitto/auth", str(folder / "auth")),
            ("/mosquitto/data/", f"{folder}/data/"),
        ):
            assert inside in text
            text = text.replace(inside, outside)
        # As root it would become another user, who may not write into this test's folder.
        (folder / "mosquitto.conf").write_text(text + "user root\n")
        self.log = folder / "log"
        program = find_mosquitto()
        assert program is not None
        environment = {
            "SEED": str(self.secrets / "mosquitto"), "DEVICES": str(self.devices), "AUTH": str(folder / "auth"),
            "CONF": str(folder / "mosquitto.conf"), "MOSQUITTO": program, "EVERY": "0.2",
            "TLS_PORT": str(self.tls_port),
        }  # fmt: skip
        with self.log.open("wb") as log:
            command = ["sh", str(ROOT / "deploy/mosquitto/run.sh")]
            self.process = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **environment}
            )

    def read(self, secret: str) -> str:
        return (self.secrets / secret).read_text().strip()

    def client(self, user: str, role: str, password: str | None = None, **options: object) -> MqttClient:
        known = self.passwords[user] if password is None else password
        settings = Mqtt(port=self.port, username=user, password=known)
        return MqttClient(settings, f"{role}-{user}", **options)  # type: ignore[arg-type]

    def publish(self, user: str, *topics: str, retain: bool = False) -> None:
        """Publish to each topic in turn and wait until the broker has answered each."""
        client = self.client(user, "speaker")
        client.start()
        try:
            assert client.wait_connected(PATIENCE_S), self.log.read_text()
            for topic in topics:
                answered: queue.Queue[None] = queue.Queue()
                client.publish(
                    topic, topic.encode(), retain=retain, on_ack=lambda answered=answered: answered.put(None)
                )  # type: ignore[misc]
                answered.get(timeout=PATIENCE_S)
        finally:
            client.stop()


@pytest.fixture
def broker(tmp_path: Path, broker_port: int) -> Iterator[Broker]:
    if find_mosquitto() is None:
        pytest.skip("mosquitto is not installed: apt-get install mosquitto")
    made = Broker(tmp_path, broker_port)
    try:
        for _ in range(100):
            if is_listening("127.0.0.1", broker_port) or made.process.poll() is not None:
                break
            made.process.poll()
            with pytest.raises(subprocess.TimeoutExpired):
                made.process.wait(0.1)
        assert made.process.poll() is None, made.log.read_text()
        yield made
    finally:
        made.process.terminate()
        made.process.wait(PATIENCE_S)


def heard_by(broker: Broker, user: str, filters: list[str]) -> tuple[MqttClient, "queue.Queue[Message]"]:
    heard: queue.Queue[Message] = queue.Queue()
    client = broker.client(user, "listener", subscriptions=filters, on_message=heard.put)
    client.start()
    assert client.wait_connected(PATIENCE_S), broker.log.read_text()
    client.wait_subscribed(PATIENCE_S)
    return client, heard


def test_the_configuration_is_taken_without_a_complaint(broker: Broker) -> None:
    complaints = [line for line in broker.log.read_text().splitlines() if "Error" in line or "Warning" in line]
    assert [line for line in complaints if "run as root" not in line] == []  # the test's doing, not the file's


@pytest.mark.parametrize(
    ("user", "refused", "allowed"),
    [
        # a device speaks for itself and for no other
        ("gate-1", ["campus/school-1/gate-2/event"], "campus/school-1/gate-1/event"),
        # nor does it command anything, itself included
        ("gate-1", ["campus/school-1/gate-1/command"], "campus/school-1/gate-1/status"),
        # nor does it leave the topics of the platform
        ("gate-1", ["campus/school-1/gate-1", "campus/school-1/gate-1/event/x", "x"], "campus/school-1/gate-1/reply"),
        # an agent speaks for itself and its devices, in its school
        ("edge-1", ["campus/school-1/gate-1/event", "campus/school-2/cam-2/event"], "campus/school-1/cam-2/event"),
        ("edge-1", ["campus/school-1/cam-3/event"], "campus/school-1/edge-1/status"),
        # the simulated school speaks for every device
        ("simulator", ["campus/school-2/env-1/telemetry"], "campus/school-1/env-1/telemetry"),
        # the platform does not speak as a device
        ("campus", ["campus/school-1/gate-1/event"], "campus/school-1/campus/event"),
    ],
)  # fmt: skip
def test_an_account_says_what_is_its_own_and_nothing_else(
    broker: Broker, user: str, refused: list[str], allowed: str
) -> None:
    listener, heard = heard_by(broker, "campus", subscription())
    try:
        # One connection keeps the order: had a refused message passed, it would come first.
        broker.publish(user, *refused, allowed)
        assert heard.get(timeout=PATIENCE_S).topic == allowed
        assert heard.empty()
    finally:
        listener.stop()


def test_a_device_hears_its_own_commands_and_no_others(broker: Broker) -> None:
    listener, heard = heard_by(broker, "gate-1", ["campus/#"])
    try:
        topics = ("campus/school-1/gate-2/command", "campus/school-1/gate-1/command")
        broker.publish("campus", *topics)
        assert heard.get(timeout=PATIENCE_S).topic == "campus/school-1/gate-1/command"
        assert heard.empty()
    finally:
        listener.stop()


@pytest.mark.parametrize("channel", Channel)
def test_a_device_leaves_no_retained_message_on_a_topic_of_another(broker: Broker, channel: Channel) -> None:
    broker.publish("gate-1", f"campus/school-1/edge-1/{channel}", "campus/school-1/gate-1/status", retain=True)
    broker.publish("gate-1", f"campus/school-1/cam-1/{channel}", retain=True)
    # Both hear a status or command kept for them, so what is missing here was not kept.
    for user, filters, kept in (
        ("campus", subscription(), ["campus/school-1/gate-1/status"]),
        ("edge-1", ["campus/school-1/+/command"], []),
    ):
        listener, heard = heard_by(broker, user, filters)
        try:
            marker = "campus/school-1/gate-1/event" if user == "campus" else "campus/school-1/edge-1/command"
            broker.publish("gate-1" if user == "campus" else "campus", marker)
            topics = [heard.get(timeout=PATIENCE_S).topic for _ in (*kept, marker)]
            assert topics == [*kept, marker]
            assert heard.empty()
        finally:
            listener.stop()


def lose(broker: Broker, user: str, will: str) -> None:
    """Connect ``user`` with a last will on the topic ``will``, and lose the connection without a word."""
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, f"lost-{user}", protocol=paho.MQTTv5)
    client.username_pw_set(user, broker.passwords[user])
    client.will_set(will, b"gone", qos=1, retain=True)
    client.connect("127.0.0.1", broker.port)
    deadline = time.monotonic() + PATIENCE_S
    while not client.is_connected():
        assert time.monotonic() < deadline, "the broker did not answer"
        client.loop(0.1)
    connection = client.socket()
    assert connection is not None
    connection.shutdown(socket.SHUT_RDWR)
    client.loop(0.1)


@pytest.mark.parametrize("channel", [channel for channel in Channel if channel is not Channel.COMMAND])
def test_a_last_will_on_a_topic_of_another_is_never_told(broker: Broker, channel: Channel) -> None:
    listener, heard = heard_by(broker, "campus", subscription())
    try:
        lose(broker, "gate-1", f"campus/school-1/edge-1/{channel}")
        lose(broker, "gate-1", "campus/school-1/gate-1/status")
        assert heard.get(timeout=PATIENCE_S).topic == "campus/school-1/gate-1/status"
        assert heard.empty()
    finally:
        listener.stop()


def test_a_last_will_commands_nobody(broker: Broker) -> None:
    listener, heard = heard_by(broker, "edge-1", ["campus/school-1/+/command"])
    try:
        lose(broker, "gate-1", "campus/school-1/edge-1/command")
        broker.publish("campus", "campus/school-1/edge-1/command")
        assert heard.get(timeout=PATIENCE_S).payload != b"gone"
        assert heard.empty()
    finally:
        listener.stop()


@pytest.mark.parametrize("wanted", ["#", "campus/#", "campus/+/+/+", "campus/school-1/edge-1/+"])
def test_a_device_hears_nothing_that_others_say(broker: Broker, wanted: str) -> None:
    listener, heard = heard_by(broker, "gate-1", [wanted, "campus/school-1/gate-1/command"])
    try:
        said = ("telemetry", "event", "status", "reply")
        broker.publish("edge-1", *(f"campus/school-1/edge-1/{channel}" for channel in said))
        broker.publish("campus", "campus/school-1/edge-1/command", "campus/school-1/gate-1/command")
        assert heard.get(timeout=PATIENCE_S).topic == "campus/school-1/gate-1/command"
        assert all(message.topic == "campus/school-1/gate-1/command" for message in heard.queue)
    finally:
        listener.stop()


def test_nobody_comes_in_with_a_wrong_password(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    client = broker.client("gate-1", "stranger", "wrong")
    client.start()
    try:
        assert not client.wait_connected(1.0)
    finally:
        client.stop()
    assert "refused" in caplog.text


def test_the_health_check_of_the_compose_file_gets_its_answer(broker: Broker) -> None:
    program = shutil.which("mosquitto_sub")
    if program is None:
        pytest.skip("mosquitto_sub is not installed: apt-get install mosquitto-clients")
    command = [program, "-p", str(broker.port), "-u", "health", "-P", broker.passwords["health"]]
    done = subprocess.run(
        [*command, "-t", "$SYS/broker/uptime", "-C", "1", "-W", "20"], capture_output=True, timeout=30
    )
    assert done.returncode == 0
    assert b"seconds" in done.stdout


def test_preparing_again_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    assert set(prepare.prepare(folder)) == set(prepare.SECRETS)
    prepare.add_device(folder, "gate-1")
    before = {path: path.read_text() for path in folder.rglob("*") if path.is_file()}
    assert prepare.prepare(folder) == []
    assert {path: path.read_text() for path in folder.rglob("*") if path.is_file()} == before
    assert folder.stat().st_mode & 0o777 == 0o700


def test_an_agent_made_again_has_the_new_rights_only(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    prepare.prepare(folder)
    prepare.add_agent(folder, "edge-1", ["cam-1"], "school-1")
    prepare.add_agent(folder, "edge-2", ["cam-9"], "school-1")
    prepare.add_agent(folder, "edge-1", ["cam-2"], "school-1")
    acl = (folder / "mosquitto" / "acl").read_text()
    assert acl.count("user edge-1\n") == 1
    assert "cam-1/" not in acl
    assert "campus/school-1/cam-2/event" in acl
    assert "campus/school-1/cam-9/event" in acl
    assert acl.endswith((ROOT / "deploy/mosquitto/acl").read_text())


@pytest.mark.parametrize("device", ["campus", "a/b", "+", "", "x" * 65])
def test_a_name_that_is_no_devices_gets_no_account(tmp_path: Path, device: str) -> None:
    prepare.prepare(tmp_path / "secrets")
    with pytest.raises(SystemExit, match="device"):
        prepare.add_device(tmp_path / "secrets", device)


def test_the_command_prints_each_new_password_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prepare.main(["--folder", str(tmp_path / "secrets"), "device", "gate-1", "gate-2"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[0] for line in lines[1:]] == ["gate-1", "gate-2"]
    assert set(prepare.accounts(tmp_path / "secrets")) == {*prepare.SERVICES, "gate-1", "gate-2"}


def test_what_the_platform_writes_of_devices_is_taken_up_and_ended_while_the_broker_runs(broker: Broker) -> None:
    name, topic = "school-1/co2-1~1", "campus/school-1/co2-1/event"
    (broker.devices / "acl").write_text(f"user {name}\ntopic write {topic}\n")
    (broker.devices / "passwd").write_text(f"{name}:{prepare.hashed('secret')}\n")
    settings = Mqtt(
        port=broker.tls_port, tls=True, ca_file=broker.secrets / "authority", username=name, password="secret"
    )
    client = MqttClient(settings, "co2-1")
    listener, heard = heard_by(broker, "campus", subscription())
    client.start()
    try:
        assert client.wait_connected(PATIENCE_S), broker.log.read_text()
        client.publish(topic, b"x")
        assert heard.get(timeout=PATIENCE_S).topic == topic
        (broker.devices / "passwd").write_text("")
        deadline = time.monotonic() + PATIENCE_S
        while client.connected:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        client.stop()
        listener.stop()
