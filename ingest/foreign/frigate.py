"""Frigate NVR (https://docs.frigate.video/integrations/mqtt): counts by camera and zone, people in zones, availability.

Faces, names and number plates that Frigate may have recognised are left where they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zlib import crc32

from campus.events import CameraIntrusion
from ingest.foreign.said import Said, device_id, metric, moment, number, obj, presence, readings, word

NVR = "frigate"


def decode(levels: Sequence[str], payload: bytes, now: int) -> Sequence[Said]:
    """`events`, `available`, `stats`, `<camera>/person`, `<camera>/motion`, `<camera>/status/<role>`."""
    match tuple(levels):
        case ("events",):
            return _event(obj(payload), now)
        case ("available",):
            return presence(NVR, now, word(payload))
        case ("stats",):
            return _stats(obj(payload), now)
        case (camera, "status", "detect"):
            return presence(device_id(camera), now, word(payload))
        case (camera, "person"):
            return _count(camera, "people", payload, now)
        case (camera, "motion"):
            return _count(camera, "motion", payload, now)
        case (camera, zone, "person"):
            return _count(camera, f"people.{metric(zone)}", payload, now)
        case _:
            return []


def _count(camera: str, name: str, payload: bytes, now: int) -> Sequence[Said]:
    found = number(word(payload))
    return [] if found is None else readings(device_id(camera), now, {name: found})


def _event(found: dict[str, Any], now: int) -> list[Said]:
    """A person who entered a zone is an intrusion into it; whether that matters is for rules to say, by schedule."""
    after, before = found.get("after"), found.get("before")
    if not isinstance(after, dict) or after.get("label") != "person" or after.get("false_positive") is True:
        return []
    camera, track = after.get("camera"), str(after.get("id", ""))
    if not isinstance(camera, str) or not track:
        return []
    known = set(_zones(before)) if found.get("type") != "new" and isinstance(before, dict) else set()
    score = number(after.get("top_score"))
    ts = moment(after.get("frame_time"), now)
    return [
        Said(
            device_id(camera),
            CameraIntrusion(zone=zone[:64], track=crc32(track.encode()), confidence=min(max(float(score or 0), 0), 1)),
            ts,
            f"frigate {track} {zone}",
        )
        for zone in _zones(after)
        if zone not in known
    ]


def _zones(one: dict[str, Any]) -> list[str]:
    zones = one.get("entered_zones")
    return [zone for zone in zones if isinstance(zone, str) and zone] if isinstance(zones, list) else []


def _stats(found: dict[str, Any], now: int) -> list[Said]:
    cameras = found.get("cameras")
    said: list[Said] = []
    for name, one in cameras.items() if isinstance(cameras, dict) else ():
        fps = number(one.get("camera_fps")) if isinstance(one, dict) else None
        if fps is not None:
            said += readings(device_id(name), now, {"fps": fps})
    return said
