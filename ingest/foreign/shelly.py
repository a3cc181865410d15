"""Shelly: the first generation's plain topics (`shellies/<id>/...`), the second's RPC notices (`<id>/events/rpc`).

https://shelly-api-docs.shelly.cloud
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

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
    word,
)  # fmt: skip

# Fields of components of the second generation that decide by themselves, by the component.
_DECIDES = {"smoke": "smoke", "flood": "water", "gas": "gas"}
_PLAIN = {"temperature": "tc", "humidity": "rh", "illuminance": "lux"}  # component -> the field that is its value
_CHATTER = {"announce", "command", "info", "settings"}


def decode(levels: Sequence[str], payload: bytes, now: int) -> Sequence[Said]:
    """Tells the generations apart by what stands behind the device's name."""
    if tuple(levels) == ("announce",):
        return _announced(obj(payload), now)
    if len(levels) < 2:
        return []
    device, rest = device_id(levels[0]), list(levels[1:])
    if rest == ["online"]:
        return presence(device, now, word(payload))
    if rest == ["announce"]:
        return _announced(obj(payload), now)
    if rest == ["events", "rpc"]:
        return _notice(device, obj(payload), now)
    if rest[0] == "status" and len(rest) == 2:
        return _components(device, {rest[1]: obj(payload)}, now)
    if rest[0] in _CHATTER or payload[:1] in (b"{", b"["):
        return []
    return _first(device, rest, word(payload), now)


def _first(device: str, rest: list[str], text: str, now: int) -> list[Said]:
    """One plain value: `sensor/temperature`, `relay/0`, `relay/0/power`, `emeter/1/voltage`, `input/0`."""
    field = rest[-1]
    if rest[0] == "sensor" and field in ALARMS:
        # The gas sensor says "none", "mild", "heavy", "test".
        active: object = text in {"mild", "heavy"} if field == "gas" else text
        return alarm(device, now, ALARMS[field], active)
    if rest == ["sensor", "state"]:  # a door or window
        return alarm(device, now, "door", {"open": True, "close": False}.get(text))
    found = number(text)
    if found is None or field == "command":
        return []
    name = field if rest[0] == "sensor" and len(rest) == 2 else ".".join(rest)
    return readings(device, now, {metric({"bat": "battery"}.get(name, name)): found})


def _notice(device: str, found: dict[str, Any], now: int) -> list[Said]:
    if found.get("method") not in {"NotifyStatus", "NotifyFullStatus"} or not isinstance(found.get("params"), dict):
        return []
    params: dict[str, Any] = found["params"]
    return _components(device, params, moment(params.get("ts"), now))


def _components(device: str, found: Mapping[str, Any], ts: int) -> list[Said]:
    values: dict[str, float | bool] = {}
    said: list[Said] = []
    for key, one in found.items():
        if not isinstance(one, dict):
            continue
        kind, _, number_ = key.partition(":")
        if kind in _DECIDES and "alarm" in one:
            said += alarm(device, ts, _DECIDES[kind], one["alarm"])  # type: ignore[arg-type]
        values.update(_component(kind, number_, one))
    return [*readings(device, ts, values), *said]


def _component(kind: str, number_: str, one: dict[str, Any]) -> dict[str, float | bool]:
    if kind in {"sys", "wifi", "cloud", "mqtt", "ws", "ble"}:
        return {"wifi.rssi": float(one["rssi"])} if kind == "wifi" and isinstance(one.get("rssi"), int | float) else {}
    name = kind if number_ in {"", "0"} else f"{kind}.{number_}"
    fields = dict(flat({key: inner for key, inner in one.items() if key not in {"id", "errors", "aenergy", "tF"}}))
    plain = fields.pop(_PLAIN[kind], None) if kind in _PLAIN else None
    if kind == "devicepower":
        return {"battery": fields["battery.percent"]} if "battery.percent" in fields else {}
    return {**({name: plain} if plain is not None else {}), **{f"{name}.{key}": inner for key, inner in fields.items()}}


def _announced(found: dict[str, Any], now: int) -> list[Said]:
    name = found.get("id")
    return [Said(device_id(name), Announced(f"Shelly {found.get('model', '')}"[:80]), now)] if isinstance(
        name, str
    ) else []  # fmt: skip
