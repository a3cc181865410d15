"""Sends what devices are to be told, from the database to the broker, until the broker has it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial

import msgspec
import sqlalchemy as sa

from campus import db
from campus.clock import Clock
from campus.errors import Unavailable
from campus.mqtt.client import MqttClient
from campus.topics import Channel, Topic
from devices.control import commands, configuration


class Order(msgspec.Struct, frozen=True):
    """One message to a device: a configuration by its revision, or a command by its id."""

    school: str
    device: str
    key: int | str
    payload: bytes

    @property
    def channel(self) -> Channel:
        """Where it goes."""
        return Channel.CONFIG if isinstance(self.key, int) else Channel.COMMAND


class Orders:
    """The sending side; `step` is called again and again from one thread."""

    def __init__(self, engine: sa.Engine, client: MqttClient, owns: Callable[[str], bool], clock: Clock) -> None:
        self._engine = engine
        self._client = client
        self._owns = owns
        self._clock = clock
        self._lock = threading.Lock()
        self._acked: list[Order] = []
        self._given: set[Order] = set()  # the connection has these and repeats them itself

    def step(self) -> None:
        """Mark what the broker has taken; publish what waits. After a crash it is sent again: devices know it then."""
        with self._lock:
            acked, self._acked = self._acked, []
        if acked:
            with db.write(self._engine) as conn:
                for order in acked:
                    _mark_sent(conn, order)
            self._given.difference_update(acked)
        with db.read(self._engine) as conn:
            orders = [order for order in self._waiting(conn) if order not in self._given and self._owns(order.school)]
        for order in orders:
            topic = str(Topic(order.school, order.device, order.channel))
            retain = order.channel is Channel.CONFIG
            try:
                self._client.publish(topic, order.payload, retain=retain, on_ack=partial(self._done, order))
            except Unavailable:
                return  # the next step tries again
            self._given.add(order)

    def _waiting(self, conn: sa.Connection) -> Iterator[Order]:
        for school, one in configuration.waiting(conn):
            yield Order(school, one.device, one.revision, configuration.payload(one))
        for school, command in commands.waiting(conn, self._clock.now()):
            yield Order(school, command.device, command.id, commands.payload(command))

    def _done(self, order: Order) -> None:
        with self._lock:
            self._acked.append(order)


def _mark_sent(conn: sa.Connection, order: Order) -> None:
    if isinstance(order.key, int):
        configuration.mark_sent(conn, order.school, order.device, order.key)
    else:
        commands.mark_sent(conn, order.key)
