"""Everything a device can say: readings, status, replies and one typed struct per event type.

The docstring of an event class is its documentation for integrators; `docs/reference/events.md` is made from it.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

Text = Annotated[str, Meta(max_length=200)]
Name = Annotated[str, Meta(min_length=1, max_length=64)]
Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0)]
# A run of a device and the numbering in it: what every database and JavaScript can hold.
Boot = Annotated[str, Meta(max_length=64)]
Seq = Annotated[int, Meta(ge=0, le=2**53)]
Millis = Annotated[int, Meta(ge=0, le=32_503_680_000_000)]  # up to the year 3000
# Keyed hash of a card number, see `campus.credentials`; never the number itself.
CredentialHash = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
METRIC = r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}$"
MetricName = Annotated[str, Meta(pattern=METRIC)]


class Reading(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Measured values of one moment: ``{"ts": ms, "seq": n, "boot": "id", "values": {"co2": 812}}``.

    `campus.codec` holds the names of the metrics to `METRIC`.
    """

    ts: Millis
    values: Annotated[dict[str, float | bool], Meta(max_length=500)]
    seq: Seq = 0
    boot: Boot = ""
    late: bool = False


class Readings(msgspec.Struct, frozen=True):
    """The body of a telemetry message: one or more readings of one device, in sending order."""

    items: tuple[Reading, ...]


class Status(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a device says of itself: retained, and left behind as its last will."""

    state: Literal["online", "offline", "sleeping"]
    ts: Millis
    boot: Boot = ""
    agent: Annotated[str, Meta(max_length=64)] = ""
    config: Annotated[int, Meta(ge=0, le=2**31)] = 0
    health: Annotated[
        dict[Name, float], Meta(max_length=64)
    ] = {}  # e.g. uptime_s, disk_free, queue, clock_offset_ms, fps


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A device's answer to a command."""

    id: Name
    ts: Millis
    ok: bool
    detail: Text = ""


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of the events; ``type`` is the name on the wire."""

    type: ClassVar[str] = ""


class GatePass(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A credential was presented at a gate lane. ``direction`` is left out when the lane does not know it."""

    type: ClassVar[str] = "gate.pass"
    credential: CredentialHash
    lane: Name = "1"
    direction: Literal["in", "out"] | None = None
    serial: int | None = None  # the reader's own record number: device + serial finds replays


class Pictured(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Base of the events that may bring a picture."""

    still: bytes | None = None  # JPEG of at most 64 KiB, people blurred, zone drawn


class CameraIntrusion(Pictured, frozen=True, kw_only=True, omit_defaults=True):
    """A person was confirmed (N of M analysed frames) inside an armed zone of a camera."""

    type: ClassVar[str] = "camera.intrusion"
    zone: Name
    track: Count
    confidence: Share
    people: Count = 1


class CameraTamper(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A camera went blind (``active``) or sees again; ``kind`` says how."""

    type: ClassVar[str] = "camera.tamper"
    kind: Literal["covered", "defocused", "moved", "frozen", "dark", "overexposed", "disconnected"]
    active: bool
    score: Share = 1.0


class CameraCrowding(Event, frozen=True, kw_only=True, omit_defaults=True):
    """More people than a zone may hold have been in it for its time (``active``), or there is room again."""

    type: ClassVar[str] = "camera.crowding"
    zone: Name
    people: Count
    capacity: Count
    active: bool


class CameraLoitering(Pictured, frozen=True, kw_only=True, omit_defaults=True):
    """A person has stayed in an armed zone for longer than is usual there; told once for a visit."""

    type: ClassVar[str] = "camera.loitering"
    zone: Name
    track: Count
    seconds: Annotated[float, Meta(ge=0)]


class CameraFall(Pictured, frozen=True, kw_only=True, omit_defaults=True):
    """A person who stood has fallen and stays down; ``seconds`` is for how long. Told once for a fall."""

    type: ClassVar[str] = "camera.fall"
    track: Count
    seconds: Annotated[float, Meta(ge=0)]


class CameraObjectLeft(Pictured, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody left a thing in a zone and went away (``active``), or it is gone. ``seconds`` it has lain alone."""

    type: ClassVar[str] = "camera.object_left"
    active: bool
    zone: Name
    thing: Count  # the number of the thing; a camera counts from 1
    seconds: Annotated[float, Meta(ge=0)]


class CameraStill(Pictured, frozen=True, kw_only=True, omit_defaults=True):
    """A still that somebody asked for: of now, or one that the agent has kept (``kind`` says of what).

    It goes to the newest alarm of the camera, if there is one of the last day.
    """

    type: ClassVar[str] = "camera.still"
    command: Name  # its id
    kind: Name = "now"


class CameraRunning(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Many run at once where that is not usual (``active``), or no longer.

    ``kind`` is ``dispersal`` when they run apart, away from one place; ``share`` is how many of those in the picture
    run, ``speed`` their median speed in heights of a person a second (0.8 is walking).
    """

    type: ClassVar[str] = "camera.running"
    kind: Literal["running", "dispersal"]
    active: bool
    people: Count
    share: Share
    speed: Annotated[float, Meta(ge=0)]


class CameraFlow(Event, frozen=True, kw_only=True, omit_defaults=True):
    """More people a minute pass a line than it can carry, or many against the stream (``active``), or no longer.

    ``against`` is the share of those who go the rarer way.
    """

    type: ClassVar[str] = "camera.flow"
    kind: Literal["over_capacity", "counter_flow"]
    active: bool
    line: Name
    per_min: Count
    capacity: Count
    against: Share


class LabSeatTaken(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A headset session began at a seat of a VR lab; the credential is the one tapped at the lab's reader."""

    type: ClassVar[str] = "lab.seat_taken"
    seat: Name
    credential: CredentialHash | None = None


class LabSeatLeft(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A headset session at a seat of a VR lab ended."""

    type: ClassVar[str] = "lab.seat_left"
    seat: Name
    duration_s: Annotated[float, Meta(ge=0)] = 0.0


class SensorAlarm(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A sensor that decides by itself (smoke, gas, water, panic button, door) raised or cleared its alarm."""

    type: ClassVar[str] = "sensor.alarm"
    kind: Literal["smoke", "gas", "water", "panic", "door"]
    active: bool


class EdgeLoss(Event, frozen=True, kw_only=True, omit_defaults=True):
    """An edge agent says what it had to drop: the spool was full or too old. Nothing is lost silently."""

    type: ClassVar[str] = "edge.loss"
    dropped: Count
    channel: Literal["telemetry", "event"]
    reason: Text


EVENTS: dict[str, type[Event]] = {
    event.type: event
    for event in (
        GatePass,
        CameraIntrusion,
        CameraTamper,
        CameraCrowding,
        CameraLoitering,
        CameraFall,
        CameraObjectLeft,
        CameraStill,
        CameraRunning,
        CameraFlow,
        LabSeatTaken,
        LabSeatLeft,
        SensorAlarm,
        EdgeLoss,
    )
}
