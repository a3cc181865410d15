"""ChirpStack 4 (https://www.chirpstack.io/docs/chirpstack/integrations/events.html), JSON of its MQTT integration.

`application/<id>/device/<devEui>/event/<up|join|status|...>`: decoded objects become readings, `Text` stays behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from campus.errors import PayloadError
from ingest.foreign.said import (
    ALARMS,
    Announced,
    Said,
    alarm,
    device_id,
    flat,
    metric,
    moment,
    number,
    obj,
    presence,
    readings,
)  # fmt: skip


def decode(levels: Sequence[str], payload: bytes, now: int) -> Sequence[Said]:
    """One event of a device; what is not known of it is passed over."""
    if len(levels) < 2 or levels[-2] != "event":
        return []
    found, kind = obj(payload), levels[-1]
    info = found.get("deviceInfo")
    eui = info.get("devEui") if isinstance(info, dict) else None
    if not isinstance(eui, str) or not isinstance(info, dict):
        raise PayloadError("does not fit", "deviceInfo.devEui is missing; ChirpStack 4 with JSON is expected")
    device, ts = device_id(eui), moment(found.get("time"), now)
    key = str(found.get("deduplicationId", ""))
    if kind == "up":
        return _up(device, found, ts, key)
    if kind == "status":
        return _status(device, found, ts)
    if kind == "join":
        about = f"LoRaWAN {info.get('deviceProfileName', '')} {info.get('deviceName', '')}"
        return [Said(device, Announced(about[:160]), ts), *presence(device, ts, online=True)]
    return []


def _up(device: str, found: dict[str, Any], ts: int, key: str) -> list[Said]:
    decoded = found.get("object")
    values = dict(flat(decoded)) if isinstance(decoded, dict) else {}
    said: list[Said] = []
    for name, one in decoded.items() if isinstance(decoded, dict) else ():
        if (kind := ALARMS.get(metric(str(name)))) is not None:
            said += alarm(device, ts, kind, one, f"{key} {kind}" if key else "")
    signal = [one for one in found.get("rxInfo") or [] if isinstance(one, dict)]
    strongest = [number(one.get("rssi")) for one in signal]
    if heard := [float(one) for one in strongest if one is not None]:
        values["rssi"] = max(heard)
    return [*readings(device, ts, values), *said]


def _status(device: str, found: dict[str, Any], ts: int) -> list[Said]:
    values: dict[str, float | bool] = {}
    unknown = found.get("batteryLevelUnavailable") is True or found.get("externalPowerSource") is True
    if (battery := number(found.get("batteryLevel"))) is not None and not unknown:
        values["battery"] = battery
    if (margin := number(found.get("margin"))) is not None:
        values["link_margin"] = margin
    return readings(device, ts, values)
