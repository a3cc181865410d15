"""Alarms over MQTT, for sirens and screens: one message for each step."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from typing import Protocol

from alerts.notify.cloudevent import to_cloudevent
from alerts.notify.notice import Notice, Parcel, Receipt
from alerts.rules.rule import Severity
from campus.errors import SettingsError, Unavailable
from campus.settings import MqttOut

ACK_S = 10.0


class Publisher(Protocol):
    """What of `campus.mqtt.client.MqttClient` is needed; ``on_ack`` is called when the broker has the message."""

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, on_ack: Callable[[], None] | None = None
    ) -> None:
        """Publish at QoS 1; raises `Unavailable` when not connected."""
        ...


class MqttNotifier:
    """One topic; ``{school}`` in it is filled in. A step is done when the broker has acknowledged it."""

    kind = "mqtt"

    def __init__(self, settings: MqttOut, publisher: Publisher) -> None:
        if any(sign in settings.topic for sign in "+#\0") or not settings.topic:
            fix = "Write it like campus-out/{school}/alarms"
            raise SettingsError(f"alerts.mqtt {settings.name!r}", f"{settings.topic!r} is no topic", fix)
        if settings.topic.startswith("campus/"):
            fix = "Begin it with another word: campus/ is what devices say"
            raise SettingsError(f"alerts.mqtt {settings.name!r}", "its topic is one of the devices'", fix)
        self._topic = settings.topic
        self._publisher = publisher
        self.name = settings.name
        self.min_severity: Severity = settings.min_severity
        self.address = hashlib.sha256(settings.topic.encode()).hexdigest()

    def render(self, notice: Notice) -> bytes:
        """The CloudEvents JSON of the notice, as a webhook gets it."""
        return to_cloudevent(notice)

    def send(self, parcel: Parcel) -> Receipt:
        """Publish, and wait for the broker's acknowledgement."""
        there = threading.Event()
        topic = self._topic.replace("{school}", parcel.school)
        try:
            self._publisher.publish(topic, parcel.body, on_ack=there.set)
        except Unavailable as error:
            return Receipt(result="temporary", detail=str(error)[:300])
        if not there.wait(ACK_S):
            return Receipt(result="temporary", detail="the broker did not acknowledge in time")
        return Receipt(result="done", detail="the broker has it")
