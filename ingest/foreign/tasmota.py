"""Tasmota (https://tasmota.github.io/docs/MQTT/): `tele/<device>/SENSOR`, `tele|stat/<device>/...`, `LWT`.

Times of Tasmota carry no zone, so the arrival counts. Temperatures come in the unit the device is set to, and are
stored in degrees Celsius.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ingest.foreign.said import Said, alarm, device_id, flat, metric, number, obj, presence, readings, word

_HEADS = {"tele", "stat", "cmnd"}
_ABOUT = {"Time", "TempUnit", "PressureUnit", "SpeedUnit", "StatusTIM", "StatusFWR", "StatusNET", "StatusMQT"}
# Driver names stand before the values; with one driver the plain name is what people look for.
_FAHRENHEIT = 5 / 9


def decode(levels: Sequence[str], payload: bytes, now: int) -> Sequence[Said]:
    """`<tele|stat>/<device>/<what>`, or `<device>/<tele|stat>/<what>` as some set their full topic."""
    if len(levels) < 2:
        return []
    head, name, what = _parts(levels)
    if head == "cmnd" or not name:
        return []
    device = device_id(name)
    if what == "LWT":
        return presence(device, now, word(payload))
    if what.startswith("POWER"):
        on = number(word(payload))
        return [] if on is None else readings(device, now, {metric(what): on})
    if what in {"SENSOR", "STATE", "RESULT"} or what.startswith("STATUS"):
        return _object(device, obj(payload), now)
    return []


def _parts(levels: Sequence[str]) -> tuple[str, str, str]:
    for at in (0, 1):
        if levels[at] in _HEADS:
            names = [level for n, level in enumerate(levels[:-1]) if n != at]
            return levels[at], "-".join(names), levels[-1]
    return "", "-".join(levels[:-1]), levels[-1]  # the fixed part of the filter held tele or stat


def _object(device: str, found: dict[str, Any], now: int) -> list[Said]:
    for inner in ("StatusSNS", "StatusSTS"):
        if isinstance(found.get(inner), dict):
            found = {**{key: one for key, one in found.items() if key != inner}, **found[inner]}
    fahrenheit = found.get("TempUnit") == "F"
    plain = {key: one for key, one in found.items() if key not in _ABOUT}
    drivers = [key for key, one in plain.items() if isinstance(one, dict) and "Temperature" in one]
    values: dict[str, float | bool] = {}
    for key, one in plain.items():
        alone = isinstance(one, dict) and (drivers == [key] or (len(drivers) == 0 and key == "ENERGY"))
        values.update(_values({key: one} if not alone else one, fahrenheit=fahrenheit))
    said = readings(device, now, values)
    for key, one in plain.items():
        if key.startswith("Switch") and isinstance(one, str) and one in {"ON", "OFF"} and found.get("DoorContact"):
            said += alarm(device, now, "door", one)
    return said


def _values(found: Mapping[str, Any], *, fahrenheit: bool) -> dict[str, float | bool]:
    values: dict[str, float | bool] = {}
    for name, measured in flat({key: _switched(one) for key, one in found.items()}):
        hot = fahrenheit and name.rsplit(".", 1)[-1] in {"temperature", "dewpoint"}
        values[name] = round((measured - 32) * _FAHRENHEIT, 2) if hot else measured
    return values


def _switched(one: object) -> object:
    return number(one) if one in ("ON", "OFF") else one
