"""The MQTT adapter against a real Mosquitto."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from campus.errors import Unavailable
from campus.mqtt.client import Message, MqttClient, Will, backoff
from campus.settings import Mqtt
from cli.programs.broker import Mosquitto

pytestmark = pytest.mark.broker


DYING = """
import os, signal, sys
from campus.mqtt.client import MqttClient, Will
from campus.settings import Mqtt

client = MqttClient(Mqtt(port=int(sys.argv[1])), "dying", will=Will("campus/s/dying/status", b"gone"))
client.start()
assert client.wait_connected(10)
os.kill(os.getpid(), signal.SIGKILL)
"""


class Inbox:
    """Collects messages and waits for a number of them."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._arrived = threading.Condition()

    def __call__(self, message: Message) -> None:
        with self._arrived:
            self.messages.append(message)
            self._arrived.notify_all()

    def wait_for(self, count: int, seconds: float = 10) -> list[Message]:
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.messages) >= count, seconds), self.messages
            return list(self.messages)


@contextmanager
def connected(client: MqttClient) -> Iterator[MqttClient]:
    client.start()
    # A consumer hears what is said after its subscription; what is said between connecting and that is nobody's.
    assert client.wait_subscribed(10) if client.subscribes else client.wait_connected(10)
    try:
        yield client
    finally:
        client.stop()


def consumer(mqtt: Mqtt, inbox: Callable[[Message], None]) -> MqttClient:
    return MqttClient(mqtt, "consumer", subscriptions=["campus/+/+/event"], on_message=inbox, persistent=True)


def publish_all(client: MqttClient, payloads: list[bytes]) -> None:
    acked = threading.Semaphore(0)
    for payload in payloads:
        client.publish("campus/s/d/event", payload, on_ack=acked.release)
    for _ in payloads:
        assert acked.acquire(timeout=10)


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_what_was_not_acknowledged_comes_again_to_the_next_run(mqtt: Mqtt, protocol: str) -> None:
    mqtt = Mqtt(port=mqtt.port, protocol=protocol)  # type: ignore[arg-type]
    first, second = Inbox(), Inbox()
    with connected(consumer(mqtt, first)) as one, connected(MqttClient(mqtt, "device")) as device:
        publish_all(device, [b"0", b"1", b"2"])
        one.acknowledge(first.wait_for(3)[:1])
    with connected(consumer(mqtt, second)) as two:
        again = second.wait_for(2)
        assert [message.payload for message in again] == [b"1", b"2"]
        two.acknowledge(again)
    third = Inbox()
    with connected(consumer(mqtt, third)), connected(MqttClient(mqtt, "device")) as device:
        publish_all(device, [b"3"])
        assert [message.payload for message in third.wait_for(1)] == [b"3"]


def test_a_client_comes_back_when_the_broker_does_and_old_acks_answer_nothing(mqtt: Mqtt, mosquitto: Mosquitto) -> None:
    inbox = Inbox()
    with connected(consumer(mqtt, inbox)) as client:
        with connected(MqttClient(mqtt, "device")) as device:
            publish_all(device, [b"before"])
        old = inbox.wait_for(1)
        mosquitto.stop()
        mosquitto.start()
        redelivered = inbox.wait_for(2, seconds=30)[1]
        assert (redelivered.payload, redelivered.epoch > old[0].epoch) == (b"before", True)
        client.acknowledge(old)  # of the earlier connection: must not answer the redelivery
    again = Inbox()
    with connected(consumer(mqtt, again)):
        assert again.wait_for(1)[0].payload == b"before"


def test_publishing_without_a_connection_raises_and_names_the_broker() -> None:
    client = MqttClient(Mqtt(port=1), "nobody")
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1"):
        client.publish("campus/s/d/event", b"x")
    client.stop()


def test_a_client_that_stops_cleanly_leaves_no_will_and_one_that_dies_does(mqtt: Mqtt) -> None:
    inbox = Inbox()
    watcher = MqttClient(mqtt, "watcher", subscriptions=["campus/+/+/status"], on_message=inbox)
    with connected(watcher):
        with connected(MqttClient(mqtt, "clean", will=Will("campus/s/clean/status", b"gone"))):
            pass
        subprocess.run([sys.executable, "-c", DYING, str(mqtt.port)], check=False, timeout=30)
        assert [message.topic for message in inbox.wait_for(1)] == ["campus/s/dying/status"]


def test_no_more_than_the_receive_maximum_is_in_flight(mqtt: Mqtt) -> None:
    inbox = Inbox()
    client = MqttClient(
        mqtt, "slow", subscriptions=["campus/+/+/event"], on_message=inbox, persistent=True, receive_maximum=5
    )
    with connected(client), connected(MqttClient(mqtt, "device")) as device:
        publish_all(device, [b"%d" % number for number in range(200)])
        inbox.wait_for(5)
        assert len(inbox.messages) == 5
        for count in range(5, 200, 5):
            client.acknowledge(inbox.wait_for(count)[count - 5 : count])
        assert [message.payload for message in inbox.wait_for(200)] == [b"%d" % number for number in range(200)]


def test_who_sends_more_than_anybody_reads_is_thrown_out_and_the_others_are_heard(mqtt: Mqtt) -> None:
    inbox = Inbox()
    with connected(consumer(mqtt, inbox)), connected(MqttClient(mqtt, "device")) as device:
        publish_all(device, [b"x" * 500_000])
        with connected(MqttClient(mqtt, "flood")) as flood:
            taken = threading.Event()
            flood.publish("campus/s/flood/event", b"x" * 3_000_000, on_ack=taken.set)
            assert not taken.wait(1)
            publish_all(device, [b"after"])
            assert [len(message.payload) for message in inbox.wait_for(2)] == [500_000, 5]


def test_the_back_off_grows_is_capped_and_jitters_from_zero() -> None:
    ceilings = [backoff(attempt, lambda _low, high: high) for attempt in range(10)]
    assert ceilings == sorted(ceilings)
    assert ceilings[-1] == 30.0
    assert backoff(5, lambda low, _high: low) == 0.0
