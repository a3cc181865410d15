"""The pipeline's session at the broker: declared before anybody publishes, so that nothing is said to nobody."""

from __future__ import annotations

from campus import topics
from campus.errors import Unavailable
from campus.mqtt.client import MqttClient
from campus.settings import Settings
from ingest.partition import Partition


def ingest_client_id(part: Partition) -> str:
    """The fixed client id under which the broker keeps what this part has not acknowledged."""
    return f"campus-ingest-{part.index}-of-{part.count}"


def declare(settings: Settings, patience_s: float = 15.0) -> None:
    """Make the session of the only part exist at the broker; raises `Unavailable` when it does not answer.

    Not for partitions: their processes declare their own, before their schools are switched on.
    """
    client = MqttClient(
        settings.mqtt, ingest_client_id(Partition(1, 1)), subscriptions=topics.subscription(), persistent=True
    )
    client.start()
    try:
        if not client.wait_subscribed(patience_s):
            raise Unavailable("the MQTT broker", f"no answer from {settings.mqtt.host}:{settings.mqtt.port}")
    finally:
        client.stop()
