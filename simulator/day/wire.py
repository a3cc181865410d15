"""The messages of simulated devices as they go on the wire: numbered, dated and encoded by the platform's own codec."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from campus import codec
from campus.clock import to_ms
from campus.events import Event, Reading, Status
from campus.topics import Channel, Topic
from simulator.chance import chance, digest, event_id
from simulator.school.values import SimulatedSchool

AGENT_VERSION = "1.4.0"
HEARTBEAT = timedelta(seconds=60)
KEEPALIVE = timedelta(seconds=30)
# A broker gives a silent connection up after one and a half keep-alive times (MQTT 3.1.1, section 3.1.2.10).
WILL_AFTER = KEEPALIVE * 1.5


class Outgoing(msgspec.Struct, frozen=True):
    """A message to be published when the clock stands at ``at`` (aware, UTC)."""

    at: datetime
    topic: str
    payload: bytes
    retain: bool = False


class Voice:
    """One device's voice from one start to the next: it numbers what it says and signs it with its boot id."""

    def __init__(self, school: SimulatedSchool, device: str, started: datetime) -> None:
        self._school = school
        self._device = device
        self._seq = 0
        self._take_boot(started)

    def restart(self, at: datetime) -> None:
        """The device started anew: a new boot id, numbers from 1."""
        self._seq = 0
        self._take_boot(at)

    def readings(self, at: datetime, values: Mapping[str, float]) -> Outgoing:
        """A telemetry message of one reading."""
        reading = Reading(ts=to_ms(at), values=dict(values), seq=self._next(), boot=self._boot)
        return Outgoing(at, self._topic(Channel.TELEMETRY), codec.encode_readings((reading,)))

    def event(self, at: datetime, event: Event, sent: datetime | None = None) -> Outgoing:
        """An event of the moment ``at``; with ``sent``, one that was stored and goes out late."""
        ms, seq = to_ms(at), self._next()
        id_ = event_id(self._school.seed, ms, self._school.id, self._device, seq)
        payload = codec.encode_event(event, id=id_, ts=ms, seq=seq, boot=self._boot, late=sent is not None)
        return Outgoing(sent or at, self._topic(Channel.EVENT), payload)

    def status(self, at: datetime, state: Literal["online", "offline", "sleeping"] = "online") -> Outgoing:
        """A retained heartbeat."""
        health = {"uptime_s": float(round((at - self._started).total_seconds())), "queue": 0.0}
        status = Status(state=state, ts=to_ms(at), boot=self._boot, agent=AGENT_VERSION, config=1, health=health)
        return Outgoing(at, self._topic(Channel.STATUS), codec.encode(status), retain=True)

    def last_will(self, at: datetime) -> Outgoing:
        """What the broker says at ``at`` for a device that went without a word.

        A will is written when the connection is made, so it bears the time of the start and not that of the loss.
        """
        status = Status(state="offline", ts=to_ms(self._started), boot=self._boot, agent=AGENT_VERSION)
        return Outgoing(at, self._topic(Channel.STATUS), codec.encode(status), retain=True)

    def _take_boot(self, at: datetime) -> None:
        self._started = at
        self._boot = digest(self._school.seed, "boot", self._device, to_ms(at))[:4].hex()

    def _next(self) -> int:
        self._seq += 1
        return self._seq

    def _topic(self, channel: Channel) -> str:
        return str(Topic(self._school.id, self._device, channel))


def heartbeats(school: SimulatedSchool, device: str, start: datetime, end: datetime) -> list[datetime]:
    """When ``device`` says that it lives: once a minute, each at its own second, so that not all speak at once."""
    shift = timedelta(milliseconds=chance(school.seed, "beat", device).randrange(20_000))
    count = -((start + shift - end) // HEARTBEAT)
    return [start + shift + HEARTBEAT * number for number in range(count)]
