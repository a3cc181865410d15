"""Sends what devices are to be told, from the database to the broker, until the broker has it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import sqlalchemy as sa

from campus import db
from campus.errors import Unavailable
from campus.mqtt import MqttClient
from campus.topics import Channel, Topic
from devices import configuration

Key = tuple[str, str, int]


class Orders:
    """The sending side; `step` is called again and again from one thread."""

    def __init__(self, engine: sa.Engine, client: MqttClient, owns: Callable[[str], bool]) -> None:
        self._engine = engine
        self._client = client
        self._owns = owns
        self._lock = threading.Lock()
        self._acked: list[Key] = []

    def step(self) -> None:
        """Mark what the broker has taken; publish what waits. Sent again until it is marked: devices know revisions."""
        with self._lock:
            acked, self._acked = self._acked, []
        if acked:
            with db.write(self._engine) as conn:
                for key in acked:
                    configuration.mark_sent(conn, *key)
        with db.read(self._engine) as conn:
            found = [(school, one) for school, one in configuration.waiting(conn) if self._owns(school)]
        for school, one in found:
            topic = str(Topic(school, one.device, Channel.CONFIG))
            key = (school, one.device, one.revision)
            try:
                payload = configuration.payload(one)
                self._client.publish(topic, payload, retain=True, on_ack=partial(self._done, key))
            except Unavailable:
                return  # the next step tries again

    def _done(self, key: Key) -> None:
        with self._lock:
            self._acked.append(key)
