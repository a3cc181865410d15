"""From the agents to the broker: numbers messages, keeps them in the spool until acknowledged, tells who is alive.

One connection carries all devices of this machine, and a connection has one last will. The agent's own device is that
will (the gateway); the others name it as their parent in the registry, so that a lost agent makes its children silent.
Each heartbeat carries a status of every device, so heartbeat age works for each of them too.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Literal

from prometheus_client import Counter, Gauge

from campus import __version__
from campus.clock import Clock, to_ms
from campus.codec import encode, encode_event, encode_readings
from campus.errors import Unavailable
from campus.events import EdgeLoss, Event, Reading, Reply, Status
from campus.ids import new_boot, new_id
from campus.mqtt.client import Message, MqttClient, Will
from campus.settings import Mqtt
from campus.topics import Channel, Topic
from edge_agent.drain import Drain
from edge_agent.machine import machine_health
from edge_agent.settings import Agent
from edge_agent.spool import Kind, Loss, Spool, Waiting

log = logging.getLogger("edge.uplink")
IN_FLIGHT = 200
LATE_AFTER = timedelta(minutes=5)  # what is older when it reaches us waited elsewhere: in a terminal's own memory
TICK_S = 0.2
STUCK_S = 30.0

_stored = Counter("edge_messages_total", "Messages given to the spool", ["kind"])
_dropped = Counter("edge_dropped_total", "New messages that found no room in the spool", ["kind"])
_waiting = Gauge("edge_spool_messages", "Messages waiting for the broker")

Health = Callable[[], dict[str, float]]
Reachable = Callable[[], bool]
State = Literal["online", "offline"]


class Uplink:
    """Takes events and readings of devices from any thread; `run` sends them.

    ``config`` is the revision of the configuration in force, told with the agent's status; ``hears`` are called,
    on the connection's thread, with each message that the broker brings for the agent on that channel; ``version`` is
    what every status says runs here.
    """

    def __init__(
        self,
        agent: Agent,
        school: str,
        mqtt: Mqtt,
        clock: Clock,
        config: int = 0,
        hears: Mapping[Channel, Callable[[bytes], None]] | None = None,
        version: Callable[[], str] = lambda: __version__,
    ) -> None:
        self._agent = agent
        self._school = school
        self._clock = clock
        self._boot = new_boot()
        self._lock = threading.Lock()
        self._seq: dict[str, int] = {}
        self._devices: dict[str, tuple[Health, Reachable]] = {agent.id: (self._own_health, _always)}
        self._started = self._moved = time.monotonic()
        self._own: list[Health] = []
        self._spool = Spool(agent.spool, int(agent.spool_mb * 1e6))
        self._drain = Drain(self._spool, agent.late_per_s)
        self._flying: set[int] = set()
        self._acked: deque[int] = deque()
        self._wake = threading.Event()
        self._greet = threading.Event()
        self._was_connected = False
        self._beat_at: datetime | None = None
        self._mqtt = mqtt
        self._config = config
        self._version = version
        self._hears = {self._topic(agent.id, channel): take for channel, take in (hears or {}).items()}
        self._client = self._make_client()

    # -- what the agents call --------------------------------------------------------------------------------------

    def add_device(self, device: str, health: Health, reachable: Reachable | None = None) -> None:
        """Speak for ``device`` from now on; ``health`` gives the numbers of its status, on the sending thread.

        While it is not ``reachable`` it is told as offline, though this agent lives.
        """
        self._devices[device] = (health, reachable or _always)

    def tell_too(self, health: Health) -> None:
        """Add ``health`` to the numbers of the agent's own status."""
        self._own.append(health)

    def event(self, device: str, event: Event, at: datetime) -> None:
        """Something happened at ``device`` at ``at``; it is on the disk when this returns."""
        self._event(device, event, at, None)

    def reading(self, device: str, values: dict[str, float | bool], at: datetime) -> None:
        """Measured ``values`` of ``device`` at ``at``; dropped and counted when the spool is full of events."""
        with self._lock:
            reading = Reading(ts=to_ms(at), values=values, seq=self._next_seq(device), boot=self._boot)
            kept = self._spool.put(
                "telemetry", self._topic(device, Channel.TELEMETRY), encode_readings((reading,)), self._clock.now(),
                late=not self._client.connected,
            )  # fmt: skip
        _count("telemetry", kept)
        self._wake.set()

    def reply(self, device: str, reply: Reply) -> None:
        """``device`` answers the platform; the answer is on the disk when this returns."""
        topic = self._topic(device, Channel.REPLY)
        kept = self._spool.put("event", topic, encode(reply), self._clock.now(), late=not self._client.connected)
        _count("event", kept)
        self._wake.set()

    # -- the sending task ------------------------------------------------------------------------------------------

    def run(self, stop: threading.Event) -> None:
        """Send until ``stop`` is set. A broker that is away is waited for; nothing is lost meanwhile."""
        self._client.start()
        while not stop.is_set():
            self._wake.wait(TICK_S)
            self._wake.clear()
            self.step()
            self._moved = time.monotonic()

    def moves(self) -> bool:
        """Whether the sending thread has come round lately; a disk that hangs holds it up."""
        return time.monotonic() - self._moved < STUCK_S

    def step(self) -> None:
        """One round: forget what is acknowledged, send what waits, beat if it is time."""
        self._forget_acked()
        self._notice_loss()
        if self._greet.is_set() or self._beat_is_due():
            self._beat()
        self._send()
        _waiting.set(len(self._spool))

    def close(self) -> None:
        """Hand over what can be handed over, say goodbye for every device, disconnect and close the spool."""
        end = time.monotonic() + self._agent.drain_s
        while self._client.connected and len(self._spool) and time.monotonic() < end:
            self.step()
            self._wake.wait(0.05)
            self._wake.clear()
        self._say_all("offline")
        self._client.stop()
        self._forget_acked()
        self._spool.close()

    # -- inside ----------------------------------------------------------------------------------------------------

    def _make_client(self) -> MqttClient:
        will = encode(Status(state="offline", ts=to_ms(self._clock.now()), boot=self._boot))
        return MqttClient(
            self._mqtt,
            f"edge-{self._school}-{self._agent.id}",
            subscriptions=list(self._hears),
            on_message=self._heard,
            on_connected=self._connected,
            will=Will(self._topic(self._agent.id, Channel.STATUS), will),
        )

    def _heard(self, message: Message) -> None:
        if message.topic in self._hears:
            self._hears[message.topic](message.payload)
        self._client.acknowledge([message])

    def _event(self, device: str, event: Event, at: datetime, settles: Loss | None) -> None:
        with self._lock:
            payload = encode_event(event, id=new_id(), ts=to_ms(at), seq=self._next_seq(device), boot=self._boot)
            topic = self._topic(device, Channel.EVENT)
            now = self._clock.now()
            late = not self._client.connected or now - at > LATE_AFTER
            kept = self._spool.put("event", topic, payload, now, late=late, settles=settles)
        _count("event", kept)
        self._wake.set()

    def _next_seq(self, device: str) -> int:
        self._seq[device] = self._seq.get(device, 0) + 1
        return self._seq[device]

    def _connected(self) -> None:
        self._greet.set()
        self._wake.set()

    def _forget_acked(self) -> None:
        ids = [self._acked.popleft() for _ in range(len(self._acked))]
        if ids:
            self._spool.done(ids)
            self._flying.difference_update(ids)

    def _notice_loss(self) -> None:
        """After a loss begin anew from the spool, so that all that was not acknowledged goes out marked late."""
        connected = self._client.connected
        if self._was_connected and not connected:
            self._client.stop()
            self._forget_acked()
            self._flying.clear()
            self._spool.broker_gone()
            self._client = self._make_client()
            self._client.start()
        self._was_connected = connected

    def _send(self) -> None:
        while self._client.connected and len(self._flying) < IN_FLIGHT:
            batch = self._drain.next(self._flying, IN_FLIGHT - len(self._flying))
            for message in batch:
                if not self._publish(message):
                    return
            if not batch:
                return

    def _publish(self, message: Waiting) -> bool:
        payload = _marked_late(message.payload) if message.late else message.payload
        self._flying.add(message.id)
        try:
            self._client.publish(message.topic, payload, on_ack=lambda: self._done(message.id))
        except Unavailable:
            self._flying.discard(message.id)
            return False
        return True

    def _done(self, number: int) -> None:
        self._acked.append(number)
        self._wake.set()

    def _beat_is_due(self) -> bool:
        now = self._clock.now()
        return self._beat_at is None or now >= self._beat_at

    def _beat(self) -> None:
        now = self._clock.now()
        self._beat_at = now + timedelta(seconds=self._agent.heartbeat_s)
        self._spool.expire(now, timedelta(days=self._agent.spool_days))
        if self._client.connected:
            self._greet.clear()
            self._say_all("online")
            for loss in self._spool.losses():
                log.warning("messages were dropped: %s", loss.reason, extra={"count": loss.dropped, "kind": loss.kind})
                report = EdgeLoss(dropped=loss.dropped, channel=loss.kind, reason=loss.reason)
                self._event(self._agent.id, report, now, loss)

    def _say_all(self, state: State) -> None:
        for device, (health, reachable) in list(self._devices.items()):
            config = self._config if device == self._agent.id else 0
            ts = to_ms(self._clock.now())
            status = Status(
                state=state if reachable() else "offline",
                ts=ts,
                boot=self._boot,
                agent=self._version(),
                config=config,
                health=health(),
            )
            try:
                self._client.publish(self._topic(device, Channel.STATUS), encode(status), retain=True)
            except Unavailable:
                return  # the next connection says it again

    def _own_health(self) -> dict[str, float]:
        own = {"uptime_s": round(time.monotonic() - self._started, 1), "queue": float(len(self._spool))}
        for more in self._own:
            own |= more()
        return own | machine_health(self._agent.spool.parent)

    def _topic(self, device: str, channel: Channel) -> str:
        return str(Topic(self._school, device, channel))


def _always() -> bool:
    return True


def _marked_late(payload: bytes) -> bytes:
    """A message of ours (one JSON object that is not empty) with ``"late": true`` added."""
    return payload[:-1] + b',"late":true}'


def _count(kind: Kind, kept: bool) -> None:
    (_stored if kept else _dropped).labels(kind).inc()
