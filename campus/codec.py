"""Bytes to typed values at the door, and back; an error names the path in the payload."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from campus.errors import PayloadError
from campus.events import EVENTS, METRIC, Boot, Event, Millis, Reading, Readings, Reply, Seq, Status
from campus.topics import Channel

MAX_PAYLOAD = 256 * 1024
_is_metric = re.compile(METRIC).fullmatch
# Names of metrics already found good. Checking each name of each reading by its pattern doubled the cost of decoding.
_good_metrics: set[str] = set()
MOST_METRICS_REMEMBERED = 10_000
METRIC_RULE = "a name is 1 to 64 letters, digits, dots, dashes and underscores, and begins with a letter or digit"


class WireEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An event as it stands on the wire; ``data`` is decoded by ``type``."""

    id: str
    ts: Millis
    type: str
    data: msgspec.Raw = msgspec.Raw(b"{}")
    seq: Seq = 0
    boot: Boot = ""
    late: bool = False

    def __post_init__(self) -> None:
        if not 8 <= len(self.id) <= 64:
            raise ValueError("id must have 8 to 64 characters (a UUIDv7 is best)")


class TypedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A decoded event with its wire header."""

    id: str
    ts: int
    event: Event
    seq: int = 0
    boot: str = ""
    late: bool = False


_readings = msgspec.json.Decoder(tuple[Reading, ...])
_reading = msgspec.json.Decoder(Reading)
_wire_event = msgspec.json.Decoder(WireEvent)
_status = msgspec.json.Decoder(Status)
_reply = msgspec.json.Decoder(Reply)
_events = {name: msgspec.json.Decoder(kind) for name, kind in EVENTS.items()}
_encoder = msgspec.json.Encoder()


def decode(channel: Channel, payload: bytes) -> Readings | TypedEvent | Status | Reply:
    """The typed body of a message on ``channel``; raises `PayloadError` with the reason and the path."""
    if len(payload) > MAX_PAYLOAD:
        raise PayloadError("too large", f"{len(payload)} bytes; at most {MAX_PAYLOAD} are taken")
    try:
        if channel is Channel.TELEMETRY:
            # The first byte tells an array from an object, so the common case is decoded once.
            readings = _readings.decode(payload) if payload[:1] == b"[" else (_reading.decode(payload),)
            _check_metrics(readings)
            return Readings(readings)
        if channel is Channel.EVENT:
            return _decode_event(payload)
        if channel is Channel.STATUS:
            return _status.decode(payload)
        if channel is Channel.REPLY:
            return _reply.decode(payload)
    except msgspec.ValidationError as error:
        raise PayloadError("does not fit", str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PayloadError("not JSON", str(error)) from None
    raise PayloadError("wrong channel", f"nothing is read from {channel.value}")


def _check_metrics(readings: Iterable[Reading]) -> None:
    for reading in readings:
        if not _good_metrics.issuperset(reading.values):
            for name in reading.values:
                if not _is_metric(name):
                    raise PayloadError("does not fit", f"the metric name {name[:80]!r} - at `$.values`; {METRIC_RULE}")
            if len(_good_metrics) < MOST_METRICS_REMEMBERED:
                _good_metrics.update(reading.values)


def _decode_event(payload: bytes) -> TypedEvent:
    wire = _wire_event.decode(payload)
    decoder = _events.get(wire.type)
    if decoder is None:
        raise PayloadError("unknown event type", f"{wire.type!r}; known are {', '.join(sorted(EVENTS))}")
    return TypedEvent(
        id=wire.id, ts=wire.ts, event=decoder.decode(wire.data), seq=wire.seq, boot=wire.boot, late=wire.late
    )


def encode_event(event: Event, *, id: str, ts: int, seq: int, boot: str, late: bool = False) -> bytes:  # noqa: A002
    """An event message for the wire."""
    data = msgspec.Raw(_encoder.encode(event))
    return _encoder.encode(WireEvent(id=id, ts=ts, type=event.type, data=data, seq=seq, boot=boot, late=late))


def encode_readings(readings: tuple[Reading, ...]) -> bytes:
    """A telemetry message: one object for one reading, an array for more."""
    return _encoder.encode(readings[0] if len(readings) == 1 else readings)


def encode(value: Status | Reply) -> bytes:
    """A status or reply message for the wire."""
    return _encoder.encode(value)
