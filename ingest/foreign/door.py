"""The door for devices that keep their own topics: which codec reads what, and whose it is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

import msgspec

from campus.clock import from_ms, to_ms
from campus.codec import MAX_PAYLOAD
from campus.envelope import Envelope
from campus.errors import PayloadError, SettingsError
from campus.events import Event, Status
from campus.ids import new_id
from campus.mqtt.client import Message
from campus.settings import Foreign
from ingest.door import DeviceRegistry, UnknownDevice
from ingest.foreign import chirpstack, frigate, senml, shelly, tasmota, thingsboard, zigbee2mqtt
from ingest.foreign.said import Announced, Codec, Said
from ingest.foreign.sparkplug import Sparkplug

CODECS: dict[str, Callable[[], Codec]] = {
    "zigbee2mqtt": lambda: zigbee2mqtt.decode,
    "tasmota": lambda: tasmota.decode,
    "shelly": lambda: shelly.decode,
    "frigate": lambda: frigate.decode,
    "chirpstack": lambda: chirpstack.decode,
    "thingsboard": lambda: thingsboard.decode,
    "senml": lambda: senml.decode,
    "sparkplug": Sparkplug,
}


class Entered(msgspec.Struct, frozen=True):
    """What a message brought, and the devices in it that are in no registry."""

    envelopes: tuple[Envelope, ...]
    strangers: tuple[UnknownDevice, ...]


class _Mapped(msgspec.Struct, frozen=True):
    mapping: Foreign
    codec: Codec
    name: str


class ForeignDoor:
    """Reads the messages of foreign devices by the mapping table, the first row that fits."""

    def __init__(
        self, mappings: Sequence[Foreign], school: str, registry: DeviceRegistry, clock_tolerance_s: float
    ) -> None:
        self._table = [_Mapped(one, _codec(one), one.codec) for one in mappings]
        self._school = school
        self._registry = registry
        self._tolerance = timedelta(seconds=clock_tolerance_s)
        self._find = lru_cache(maxsize=16_384)(self._look_up)

    @property
    def filters(self) -> list[str]:
        """What has to be subscribed to."""
        return [row.mapping.filter for row in self._table]

    def enter(self, message: Message, now: datetime) -> Entered:
        """The envelopes of one message; raises `PayloadError` that names the codec."""
        found = self._find(message.topic)
        if found is None:
            raise PayloadError("bad topic", f"{message.topic[:120]!r} is no topic of ours, and no [[foreign]] fits it")
        row, levels = found
        if len(message.payload) > MAX_PAYLOAD:
            raise PayloadError("too large", f"{len(message.payload)} bytes; at most {MAX_PAYLOAD} are taken")
        try:
            said = row.codec(levels, message.payload, to_ms(now))
        except PayloadError as error:
            raise PayloadError(error.reason, f"{row.name}: {error.detail}") from None
        return self._named(row.mapping, said, message, now)

    def rebirths(self) -> list[tuple[str, bytes]]:
        """(topic, payload) to publish: Sparkplug nodes that have to introduce themselves again."""
        return [
            (f"{_fixed(row.mapping.filter)}/{topic}", payload)
            for row in self._table
            if isinstance(row.codec, Sparkplug)
            for topic, payload in row.codec.rebirths()
        ]

    def _look_up(self, topic: str) -> tuple[_Mapped, list[str]] | None:
        for row in self._table:
            levels = behind(row.mapping.filter, topic)
            if levels is not None:
                return row, levels
        return None

    def _named(self, mapping: Foreign, said: Sequence[Said], message: Message, now: datetime) -> Entered:
        school = mapping.school or self._school
        envelopes: list[Envelope] = []
        strangers: dict[str, UnknownDevice] = {}
        for one in said:
            device = mapping.device or f"{mapping.prefix}{one.device}"[:64]
            source = self._registry.source(school, device)
            if source is None:
                strangers[device] = UnknownDevice(school, device, message.topic)
            elif not isinstance(one.body, Announced):
                at = from_ms(one.ts)
                kept = message.retain and isinstance(one.body, Status)
                late = one.late or kept
                suspect = at - now > self._tolerance or (not late and now - at > self._tolerance)
                envelopes.append(
                    Envelope(
                        source=source, body=one.body, at=at, received=now, id=_event_id(one, school), late=late,
                        clock_suspect=suspect,
                    )
                )  # fmt: skip
        return Entered(tuple(envelopes), tuple(strangers.values()))


def behind(filter_: str, topic: str) -> list[str] | None:
    """The levels of ``topic`` behind the fixed part of ``filter_`` when the filter fits, else None (MQTT 5, 4.7)."""
    wanted, levels = filter_.split("/"), topic.split("/")
    for at, level in enumerate(wanted):
        if level == "#":
            break
        if at >= len(levels) or level not in ("+", levels[at]):
            return None
    else:
        if len(levels) != len(wanted):
            return None
    fixed = next((at for at, level in enumerate(wanted) if level in ("+", "#")), None)
    return levels[-1:] if fixed is None else levels[fixed:]


def _fixed(filter_: str) -> str:
    return filter_.split("/+")[0].split("/#")[0]


def _event_id(one: Said, school: str) -> str:
    if not isinstance(one.body, Event):
        return ""
    return _digest(f"{school} {one.device} {one.key}") if one.key else new_id()


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _codec(mapping: Foreign) -> Codec:
    if mapping.codec not in CODECS:
        raise SettingsError("foreign.codec", f"there is no codec {mapping.codec!r}", f"Use one of {', '.join(CODECS)}")
    return CODECS[mapping.codec]()
