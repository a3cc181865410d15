"""MQTT over paho: manual acknowledgement, jittered reconnect, TLS. The one home of paho.

paho's threads and callbacks stay inside: the rest of the platform sees `Message`, `publish` and `acknowledge`. We drive
the socket ourselves (`_loop`), because paho's own loop asks the kernel once per packet and wakes once per ack.
"""

from __future__ import annotations

import logging
import select
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, cast

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from campus.backoff import backoff
from campus.errors import Unavailable
from campus.mqtt.buffered_socket import BufferedSocket
from campus.mqtt.connection import BufferedClient, tls_context
from campus.settings import Mqtt

log = logging.getLogger("campus.mqtt")
SESSION_EXPIRY_S = 7 * 24 * 3600
BURST = 512  # packets read from the socket before acks get their turn


class Message(NamedTuple):
    """A message as the broker delivered it; hand it back to `MqttClient.acknowledge` when it is safe."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    mid: int
    epoch: int  # the connection it came over: an ack after a reconnect would answer another message
    dup: bool = False  # the broker says that it may have delivered this before


class Will(NamedTuple):
    """What the broker publishes, retained, at QoS 1, when this client dies."""

    topic: str
    payload: bytes


class MqttClient:
    """One connection to the broker, kept up by one thread from `start` to `stop`.

    ``on_message`` is called on that thread for each message and must be quick. With ``persistent`` the broker keeps the
    session (and what was not acknowledged) while this program is away; ``receive_maximum`` bounds what is in flight.
    """

    def __init__(
        self,
        settings: Mqtt,
        client_id: str,
        *,
        subscriptions: Iterable[str] = (),
        on_message: Callable[[Message], None] | None = None,
        on_connected: Callable[[], None] | None = None,
        will: Will | None = None,
        persistent: bool = False,
        receive_maximum: int = 1000,
    ) -> None:
        self._settings = settings
        self._subscriptions = tuple(subscriptions)
        self._on_message = on_message
        self._on_connected = on_connected
        self._persistent = persistent
        self._receive_maximum = receive_maximum
        self._v5 = settings.protocol == "5"
        self._connected = threading.Event()
        self._subscribed = threading.Event()
        self._stopping = threading.Event()
        self._epoch = 0
        self._received = 0
        self._attempt = 0
        self._epoch_lock = threading.Lock()
        self._acks_lock = threading.Lock()
        self._waiting: dict[int, Callable[[], None]] = {}
        self._acked_early: set[int] = set()
        self._wake_r, self._wake_w = socket.socketpair()
        self._wake_r.setblocking(False)
        self._wake_w.setblocking(False)
        self._thread = threading.Thread(target=self._run, name=f"mqtt[{client_id}]", daemon=True)
        self._paho = self._make_paho(client_id, will)

    # -- what others call ------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to connect; returns at once, the connection comes when the broker is there."""
        self._thread.start()

    def stop(self) -> None:
        """Send what is queued, disconnect cleanly (no last will) and end the thread."""
        self._stopping.set()
        self._wake()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(timeout=10)
        self._wake_r.close()
        self._wake_w.close()

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted the present connection."""
        return self._connected.is_set()

    @property
    def subscribes(self) -> bool:
        """Whether this client listens at all."""
        return bool(self._subscriptions)

    def wait_connected(self, seconds: float) -> bool:
        """Wait up to ``seconds`` of real time for the connection."""
        return self._connected.wait(seconds)

    def wait_subscribed(self, seconds: float) -> bool:
        """Wait up to ``seconds`` of real time until the broker has confirmed the subscriptions."""
        return self._subscribed.wait(seconds)

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, on_ack: Callable[[], None] | None = None
    ) -> None:
        """Publish at QoS 1; ``on_ack`` is called when the broker has it. Raises `Unavailable` when not connected.

        A message that was accepted here survives a reconnect (it is sent again), but not the end of this program:
        whoever must not lose it keeps it until ``on_ack``.
        """
        if not self._connected.is_set():
            raise Unavailable("the MQTT broker", f"not connected to {self._settings.host}:{self._settings.port}")
        info = self._paho.publish(topic, payload, qos=1, retain=retain)
        done = on_ack or _nothing
        with self._acks_lock:
            # The ack may have overtaken us: it came between paho's publish and this line.
            early = info.mid in self._acked_early
            if early:
                self._acked_early.discard(info.mid)
            else:
                self._waiting[info.mid] = done
        if early:
            done()

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """Tell the broker that these messages are safe; those of an earlier connection come again and are left out."""
        with self._epoch_lock:
            for message in messages:
                if message.qos and message.epoch == self._epoch:
                    self._paho.ack(message.mid, message.qos)

    # -- the thread ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._connect()
                self._loop()
            except OSError as error:
                if self._attempt == 0:
                    log.warning("cannot reach the broker: %s", error, extra={"broker": self._settings.host})
            self._lost()
            if not self._stopping.is_set():
                self._stopping.wait(backoff(self._attempt))
                self._attempt += 1

    def _connect(self) -> None:
        options: dict[str, Any] = {}
        if self._v5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.ReceiveMaximum = self._receive_maximum
            properties.SessionExpiryInterval = SESSION_EXPIRY_S if self._persistent else 0
            options = {"clean_start": not self._persistent, "properties": properties}
        settings = self._settings
        self._paho.connect(settings.host, settings.port, keepalive=settings.keepalive_s, **options)

    def _loop(self) -> None:
        client = self._paho
        misc_at = time.monotonic() + 1
        while (sock := cast(BufferedSocket | None, client.socket())) is not None:
            wait_s = 0.0 if sock.has_input else 1.0
            net, wake = sock.fileno(), self._wake_r.fileno()
            readable, _, _ = select.select([net, wake], [net] if sock.has_output else [], [], wait_s)
            if wake in readable:
                self._drain_wake()
            if net in readable or sock.has_input:
                self._read_burst()
            if client.want_write():
                client.loop_write()
            sock.flush()
            if time.monotonic() >= misc_at:
                client.loop_misc()
                misc_at = time.monotonic() + 1
            if self._stopping.is_set() and not client.want_write() and not sock.has_output:
                client.disconnect()
                client.loop_write()
                return

    def _read_burst(self) -> None:
        for _ in range(BURST):
            before = self._received
            if self._paho.loop_read() != paho.MQTT_ERR_SUCCESS or self._received == before:
                return

    def _drain_wake(self) -> None:
        try:
            while self._wake_r.recv(4096):
                pass
        except BlockingIOError:
            return

    def _wake(self) -> None:
        try:
            self._wake_w.send(b".")
        except (BlockingIOError, OSError):
            return  # it is awake already, or gone

    def _lost(self) -> None:
        with self._epoch_lock:
            self._epoch += 1
        if self._connected.is_set():
            self._connected.clear()
            if not self._stopping.is_set():
                log.warning("the connection to the broker is lost", extra={"broker": self._settings.host})

    # -- paho's callbacks ------------------------------------------------------------------------------------------

    def _make_paho(self, client_id: str, will: Will | None) -> paho.Client:
        settings = self._settings
        client = BufferedClient(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=paho.MQTTv5 if self._v5 else paho.MQTTv311,
            clean_session=None if self._v5 else not self._persistent,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        client.max_inflight_messages_set(1000)
        if settings.username:
            client.username_pw_set(settings.username, settings.password or None)
        if settings.tls:
            client.tls_set_context(tls_context(settings))
        if will is not None:
            client.will_set(will.topic, will.payload, qos=1, retain=True)
        client.on_connect = self._connack
        client.on_message = self._message
        client.on_publish = self._puback
        client.on_subscribe = lambda *_: self._subscribed.set()
        client.on_socket_register_write = lambda *_: self._wake()
        return client

    def _connack(self, client: paho.Client, _data: Any, flags: Any, code: ReasonCode, _properties: Any) -> None:
        if code.is_failure:
            log.error("the broker refused us: %s", code, extra={"broker": self._settings.host})
            client.disconnect()
            return
        self._attempt = 0
        if self._subscriptions:
            client.subscribe(self._filters())
        self._connected.set()
        log.info("connected to the broker", extra={"broker": self._settings.host, "session": flags.session_present})
        if self._on_connected is not None:
            self._on_connected()

    def _filters(self) -> Any:
        if not self._v5:
            return [(topic, 1) for topic in self._subscriptions]
        # Retained messages only for a new subscription: a kept session has seen them.
        options = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB)
        return [(topic, options) for topic in self._subscriptions]

    def _message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        self._received += 1
        if self._on_message is not None:
            topic, payload = message.topic, bytes(message.payload)
            where = (message.qos, message.retain, message.mid, self._epoch, message.dup)
            self._on_message(Message(topic, payload, *where))

    def _puback(self, _client: paho.Client, _data: Any, mid: int, _code: Any, _properties: Any) -> None:
        with self._acks_lock:
            done = self._waiting.pop(mid, None)
            if done is None:
                self._acked_early.add(mid)
        if done is not None:
            done()


def _nothing() -> None:
    """Nobody waits for this ack."""
