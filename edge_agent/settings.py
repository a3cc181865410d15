"""The sections of `edge.toml`; each agent is handed its own section and no other."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from campus.config import PREFIX, load
from campus.errors import SettingsError
from campus.settings import Mqtt, Port, Positive, School, Secrets, Section, Settings
from edge_agent.camera.analytics import Fall, HeadCount, Objects, Part, Running
from edge_agent.gate.settings import Gate
from edge_agent.lab.settings import Lab
from edge_agent.sensor.settings import Sensor
from edge_agent.values import DeviceId, PlaceName

Share = Annotated[float, Meta(ge=0, le=1)]
# A score says something else in each detector: (begins a track, continues one).
DEFAULT_SCORES = {"yolox": (0.4, 0.2), "fastestdet": (0.65, 0.4), "motion": (0.5, 0.5)}
Corner = tuple[Share, Share]
Seconds = Annotated[float, Meta(ge=0, le=300)]
PictureFault = Literal["covered", "defocused", "moved", "frozen", "dark", "overexposed"]
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


class Agent(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[agent]``: the program itself; a device of its own, parent of all the devices it speaks for."""

    id: DeviceId = "edge-1"
    enrolment: Path = Path("data/edge-enrolment.json")  # the account of `campus edge enrol`; it is used before [mqtt]
    spool: Path = Path("data/edge-spool.db")
    spool_mb: Positive = 256.0  # when full, the oldest readings go first; events only when no reading is left
    spool_days: Positive = 14.0  # what is older is dropped and counted
    late_per_s: Positive = 200.0  # messages that waited are sent at this rate beside the live ones
    heartbeat_s: Positive = 30.0  # seconds of clock time between two statuses of each device
    drain_s: Annotated[float, Meta(ge=0)] = 5.0  # real seconds to hand the rest to the broker when stopping
    stills: Path = Path("data/stills")  # where stills are kept that were sent; people in them are blurred
    stills_mb: Annotated[float, Meta(ge=0, le=100_000)] = 64.0  # the oldest go first; 0: none is kept
    stills_most: Annotated[int, Meta(ge=1, le=1_000_000)] = 2000
    stills_days: Positive = 7.0
    adb: str = "adb"  # the program that asks standalone headsets; here, so that no document can name another
    time_server: str = ""  # asked how far this machine's clock is off; empty: nobody is
    threads: Annotated[int, Meta(ge=0, le=64)] = 1  # OpenCV's threads for one frame; 0: as many as there are cores


class ZoneArea(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[cameras.zones]]``: an area of the picture by its corners in shares of the frame (x right, y down)."""

    name: PlaceName
    polygon: tuple[Corner, ...]
    kind: Literal["count", "intrusion"] = "count"
    armed: tuple[str, ...] = ()  # "HH:MM-HH:MM" local time, may pass midnight; empty: always armed
    capacity: Annotated[int, Meta(ge=1, le=10_000)] | None = None  # more people than this are a crowd; None: no limit
    crowd_s: Positive = 10.0  # seconds of video that a crowd must last
    loiter_s: Annotated[float, Meta(ge=0, le=86_400)] = 0.0  # who stays this long while armed loiters; 0: not watched
    object_s: Annotated[float, Meta(ge=0, le=86_400)] = 0.0  # a thing lies alone so long while armed; 0: not watched
    area_m2: Positive | None = None  # of the ground in the zone; gives the density, and with `max_density` a capacity
    max_density: Positive | None = None  # people a square metre from which the zone is crowded

    def __post_init__(self) -> None:
        if self.max_density and not self.area_m2:
            raise ValueError(f"zone {self.name!r}: max_density needs the area_m2 of the zone")
        if self.max_density and self.capacity:
            raise ValueError(f"zone {self.name!r}: give capacity or max_density, not both")
        if len(self.polygon) < 3:
            raise ValueError(f"zone {self.name!r}: polygon has {len(self.polygon)} corners; give at least three")
        for span in self.armed:
            try:
                parse_span(span)
            except ValueError as error:
                raise ValueError(f"zone {self.name!r}: armed: {error}") from None

    @property
    def holds(self) -> int | None:
        """How many people the zone may hold; None: no limit."""
        if self.area_m2 and self.max_density:
            return max(1, int(self.area_m2 * self.max_density))
        return self.capacity


class Line(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[cameras.lines]]``: a line to count at; "in" is towards the right hand of one walking from ``a`` to ``b``."""

    name: PlaceName
    a: Corner
    b: Corner
    per_min: Annotated[int, Meta(ge=1, le=10_000)] | None = None  # people a minute it can carry; None: no limit
    against: Part = 0.25  # share of the rarer way from which, in a half full stream, there is counter-flow
    flow_s: Positive = 10.0  # seconds of video that either must last

    def __post_init__(self) -> None:
        if self.a == self.b:
            raise ValueError(f"line {self.name!r}: a and b are the same point")


class Tamper(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[cameras.tamper]``: seconds of video for which each fault must last until it is told; 0: not watched."""

    covered_s: Seconds = 5.0
    defocused_s: Seconds = 6.0
    moved_s: Seconds = 5.0
    frozen_s: Seconds = 5.0  # the same picture to the pixel
    dark_s: Seconds = 5.0
    overexposed_s: Seconds = 6.0
    disconnected_s: Positive = 4.0  # real seconds without a picture; told within 5
    relearn_min: Positive = 10.0  # a view that stays moved for so long becomes the usual one

    def seconds(self) -> dict[PictureFault, float]:
        """How long each fault of a picture must last."""
        return {
            "frozen": self.frozen_s,
            "dark": self.dark_s,
            "overexposed": self.overexposed_s,
            "covered": self.covered_s,
            "moved": self.moved_s,
            "defocused": self.defocused_s,
        }


class Camera(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[cameras]]``: one camera, what finds people in it, and what to watch."""

    id: DeviceId
    source: str  # a video file, a folder of pictures, an rtsp:// or http:// URL, a webcam's number, or "sim" (drawn)
    login_file: Path | None = None  # a file with "user:password" for the source's address: a secret file, mode 600
    fps: Annotated[float, Meta(gt=0, le=60)] = 5.0  # frames analysed per second
    file_fps: Annotated[float, Meta(ge=0, le=240)] = 0.0  # true rate of a video file; 0: what the file says
    loop_file: bool = True
    detector: Literal["motion", "yolox", "fastestdet"] = "motion"
    model: Path | None = None
    runtime: Literal["opencv", "onnxruntime"] = "opencv"  # what runs the model; the second needs the extra `onnx`
    input_px: Annotated[int, Meta(ge=32, le=2048)] | None = None  # the model's input edge; None: 416 and 352
    score: Share | None = None  # from which a detection may begin a track; None: the detector's own default
    weak_score: Share | None = None  # from which it may continue one
    overlap: Share = 0.5  # boxes overlapping more than this (IoU) are one person
    confirm_n: Annotated[int, Meta(ge=1, le=100)] = 4
    confirm_m: Annotated[int, Meta(ge=1, le=100)] = 6
    cooldown_s: Annotated[float, Meta(ge=0)] = 30.0  # seconds of video between two intrusions of one zone
    telemetry_s: Positive = 5.0  # seconds of clock time between two readings
    stills: bool = True  # send a blurred picture with an intrusion
    tamper: Tamper = Tamper()
    fall: Fall = Fall()
    running: Running = Running()
    objects: Objects = Objects()
    head_count: HeadCount = HeadCount()
    zones: tuple[ZoneArea, ...] = ()
    lines: tuple[Line, ...] = ()
    ignore: tuple[tuple[Corner, ...], ...] = ()  # areas where nobody can stand: a poster, a mirror, the street beyond
    masks: tuple[tuple[Corner, ...], ...] = ()  # areas painted over before anything sees the picture: a window, a bed

    def __post_init__(self) -> None:
        if self.detector != "motion" and self.model is None:
            raise ValueError(f"camera {self.id!r}: model is missing; {self.detector} needs the path of its ONNX file")
        if self.detector == "motion" and self.head_count.every_s:
            raise ValueError(f"camera {self.id!r}: head_count needs yolox or fastestdet: who sits does not move")
        if self.confirm_n > self.confirm_m:
            raise ValueError(f"camera {self.id!r}: confirm_n {self.confirm_n} is above confirm_m {self.confirm_m}")
        sure, weak = self.scores
        if weak > sure:
            raise ValueError(f"camera {self.id!r}: weak_score {weak} is above score {sure}")
        for key, areas in (("ignore", self.ignore), ("masks", self.masks)):
            if any(len(area) < 3 for area in areas):
                raise ValueError(f"camera {self.id!r}: {key} has an area of fewer than three corners")
        _refuse_twins(f"camera {self.id!r}: zones", [zone.name for zone in self.zones])
        _refuse_twins(f"camera {self.id!r}: lines", [line.name for line in self.lines])

    @property
    def scores(self) -> tuple[float, float]:
        """The scores from which a detection may begin and may continue a track."""
        sure, weak = DEFAULT_SCORES[self.detector]
        return (sure if self.score is None else self.score), (weak if self.weak_score is None else self.weak_score)


class Firmware(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[firmware]``: updates that the platform offers; none are taken without ``public_key`` and ``install``.

    A hook is a program with its arguments; the path of the file and the version come after them.
    """

    public_key: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?$")] = ""
    model: Annotated[str, Meta(min_length=1, max_length=64)] = "agent"
    install: tuple[str, ...] = ()
    check: tuple[str, ...] = ()  # ends with 0 when the machine is well with the new version
    rollback: tuple[str, ...] = ()
    folder: Path = Path("data/firmware")
    allow_downgrade: bool = False
    largest_mb: Positive = 200.0
    hook_s: Positive = 300.0  # real seconds that a hook may take


class EdgeSettings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of ``edge.toml``. Only `edge_agent.agent` sees all of it."""

    agent: Agent = Agent()
    school: School = School()
    mqtt: Mqtt = Mqtt()
    secrets: Secrets = Secrets()
    metrics_port: Port | None = None
    cameras: tuple[Camera, ...] = ()
    gates: tuple[Gate, ...] = ()
    labs: tuple[Lab, ...] = ()
    sensors: tuple[Sensor, ...] = ()
    firmware: Firmware = Firmware()

    def __post_init__(self) -> None:
        _refuse_twins("devices", [self.agent.id, *self.devices])
        if (self.gates or self.labs) and len(self.secrets.credential_key.encode()) < 16:
            raise ValueError("secrets.credential_key: gates and labs need the school's key of 16 bytes or more")

    @property
    def devices(self) -> list[str]:
        """The ids of all devices that the agent speaks for."""
        groups = (self.cameras, self.gates, self.labs, self.sensors)
        headsets = [headset for lab in self.labs for headset in lab.devices]
        return [*(device.id for group in groups for device in group), *headsets]


def load_edge(path: Path) -> EdgeSettings:
    """The settings in ``path``, overridden by the environment; raises `SettingsError` naming the device or key."""
    settings = load(EdgeSettings, path, _ours(os.environ))
    if not settings.devices:
        raise SettingsError(str(path), "there is no camera, gate, lab or sensor in it", "Add a [[cameras]] section")
    return settings


def _ours(env: Mapping[str, str]) -> dict[str, str]:
    """``env`` without the platform's own sections, which a machine that runs both sets for both."""
    foreign = set(Settings.__struct_fields__) - set(EdgeSettings.__struct_fields__)
    return {k: v for k, v in env.items() if k.removeprefix(PREFIX).lower().split("__")[0] not in foreign}


def parse_span(text: str) -> tuple[time, time]:
    """The two local times of ``HH:MM-HH:MM``; raises `ValueError` for anything else."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not HH:MM-HH:MM")
    hours = [int(part) for part in found.groups()]
    return time(hours[0], hours[1]), time(hours[2], hours[3])


def _refuse_twins(where: str, names: list[str]) -> None:
    twins = [name for name, count in Counter(names).items() if count > 1]
    if twins:
        raise ValueError(f"{where}: {twins[0]!r} is there twice; every name must be used once")
