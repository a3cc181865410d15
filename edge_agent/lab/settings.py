"""``[[labs]]`` of `edge.toml`: one VR lab, its seats and their headsets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from campus.settings import Positive, Section
from edge_agent.reader.settings import SerialLine, Wedge
from edge_agent.values import DeviceId


class Headset(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[labs.headsets]]``: one headset, a device of its own, and the seat it belongs to."""

    id: DeviceId
    seat: Annotated[str, Meta(min_length=1, max_length=64)]
    kind: Literal["adb", "steamvr"] = "adb"  # a standalone one, or the one of SteamVR on this machine
    serial: str = ""  # what `adb devices` calls it: a serial number, or address:port

    def __post_init__(self) -> None:
        if self.kind == "adb" and not self.serial:
            raise ValueError(f"headset {self.id!r}: serial is missing; `adb devices` lists them")


class Lab(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[labs]]``: one VR lab and its seats."""

    id: DeviceId
    source: Literal["sim", "headsets"] = "sim"
    seats: Annotated[int, Meta(ge=1, le=500)] = 24
    session_min: Positive = 20.0  # mean length of a headset session
    sessions_per_hour: Positive = 40.0
    telemetry_s: Positive = 30.0
    cards: Path | None = None
    seed: int = 1
    headsets: tuple[Headset, ...] = ()
    poll_s: Annotated[float, Meta(ge=1, le=600)] = 5.0  # between two looks at each headset
    worn_s: Annotated[float, Meta(ge=0, le=300)] = 10.0  # so long on or off before a session begins or ends
    tap_s: Positive = 120.0  # a card tapped at the lab's reader waits so long for a headset to be put on
    in_order: bool = False  # students sit down in the order in which they tap: first tap, first headset of the list
    wedge: Wedge | None = None  # the lab's reader
    line: SerialLine | None = None

    def __post_init__(self) -> None:
        if self.source == "headsets" and not self.headsets:
            raise ValueError(f"lab {self.id!r}: [[labs.headsets]] is missing; list its headsets")
        for what, names in (("seat", [one.seat for one in self.headsets]), ("headset", self.devices)):
            if len(set(names)) < len(names):
                raise ValueError(f"lab {self.id!r}: a {what} is there twice")
        if sum(one.kind == "steamvr" for one in self.headsets) > 1:
            raise ValueError(f"lab {self.id!r}: SteamVR drives one headset of a machine")

    @property
    def devices(self) -> list[str]:
        """The ids of its headsets, which are devices of their own."""
        return [one.id for one in self.headsets]
