"""The notifiers of the settings, with what they send by, for as long as a command needs them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from alerts.notify.kinds import make_client, make_notifiers
from alerts.notify.notice import Notifier
from campus.mqtt.client import MqttClient
from campus.settings import Settings

PATIENCE_S = 10.0


@contextmanager
def open_notifiers(settings: Settings) -> Iterator[Mapping[str, Notifier]]:
    """The notifiers by name; an HTTP client and, where endpoints need it, the broker are open meanwhile."""
    broker = MqttClient(settings.mqtt, "campus-channel-test") if settings.alerts.mqtt else None
    with make_client() as client:
        if broker is not None:
            broker.start()
            broker.wait_connected(PATIENCE_S)
        try:
            yield make_notifiers(settings.alerts, client, zone=settings.school.zone, publisher=broker)
        finally:
            if broker is not None:
                broker.stop()
