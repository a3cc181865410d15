"""ThingsBoard's device and gateway API (https://thingsboard.io/docs/reference/mqtt-api/), for devices made for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ingest.foreign.said import Said, device_id, flat, moment, obj, presence, readings, value

ME = "me"


def decode(levels: Sequence[str], payload: bytes, now: int) -> Sequence[Said]:
    """`v1/devices/me/telemetry` (the mapping names the device) and `v1/gateway/telemetry|connect|disconnect`."""
    tail = tuple(levels[-2:])
    if tail == (ME, "telemetry") or tuple(levels) == ("telemetry",):
        return _series(ME, value(payload), now)
    if levels and levels[-1] == "telemetry":
        return [said for name, one in obj(payload).items() for said in _series(device_id(name), one, now)]
    if levels and levels[-1] in {"connect", "disconnect"}:
        name = obj(payload).get("device")
        return presence(device_id(name), now, levels[-1] == "connect") if isinstance(name, str) else []
    return []


def _series(device: str, found: Any, now: int) -> list[Said]:
    """``{k: v}``, ``{"ts": ms, "values": {...}}``, or a list of either."""
    if isinstance(found, list):
        return [said for one in found for said in _series(device, one, now)]
    if not isinstance(found, dict):
        return []
    if isinstance(found.get("values"), dict):
        return readings(device, moment(found.get("ts"), now), dict(flat(found["values"])))
    return readings(device, now, dict(flat(found)))
