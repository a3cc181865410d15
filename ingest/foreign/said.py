"""What a foreign message says, and what every codec needs to say it: JSON read safely, names of metrics and devices."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from campus.clock import to_ms
from campus.errors import PayloadError
from campus.events import Event, Reading, Readings, SensorAlarm, Status

DEEPEST = 8  # levels of an object that are looked into
MOST_VALUES = 500  # of one message
_NOT_A_METRIC = re.compile(r"[^A-Za-z0-9_.\-]+")
_LONGEST_NAME = 64
_NOT_A_DEVICE = re.compile(r"[^A-Za-z0-9_.\-]+")


class Announced(msgspec.Struct, frozen=True):
    """A device said that it exists, and what it is; it is adopted by a person."""

    what: str


class Said(msgspec.Struct, frozen=True):
    """One thing that one device said. ``device`` is its own name for itself, ``ts`` epoch milliseconds.

    ``key`` tells one event from another when the format has such a thing; without it each arrival is news.
    """

    device: str
    body: Readings | Event | Status | Announced
    ts: int
    key: str = ""
    late: bool = False


# A codec is given the levels of the topic behind the fixed part of its filter, the payload, and now (milliseconds).
Codec = Callable[[Sequence[str], bytes, int], Sequence[Said]]

AlarmKind = Literal["smoke", "gas", "water", "panic", "door"]
# What makers call the things that decide by themselves.
ALARMS: Mapping[str, AlarmKind] = {
    "smoke": "smoke", "gas": "gas", "carbon_monoxide": "gas", "water_leak": "water", "flood": "water", "leak": "water",
    "sos": "panic", "panic": "panic",
}  # fmt: skip


def obj(payload: bytes) -> dict[str, Any]:
    """The JSON object in ``payload``; raises `PayloadError`."""
    found = value(payload)
    if not isinstance(found, dict):
        raise PayloadError("does not fit", f"a JSON object is expected, not {type(found).__name__}")
    return found


def value(payload: bytes) -> Any:
    """Any JSON in ``payload``; raises `PayloadError`."""
    try:
        return msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PayloadError("not JSON", str(error)) from None


def word(payload: bytes) -> str:
    """A short plain text; raises `PayloadError`."""
    try:
        return payload[:200].decode("utf-8").strip()
    except UnicodeDecodeError as error:
        raise PayloadError("not text", str(error)) from None


def number(found: object) -> float | bool | None:
    """A number or a switch; "ON" and "open" are 1, and what is neither is None."""
    if isinstance(found, bool):
        return found
    if isinstance(found, int | float):
        return float(found) if math.isfinite(found) and abs(found) < 1e15 else None
    if isinstance(found, str):
        low = found.strip().lower()
        if low in {"on", "true", "open", "online", "yes", "1"}:
            return True
        if low in {"off", "false", "close", "closed", "offline", "no", "0"}:
            return False
        try:
            return number(float(low))
        except ValueError:
            return None
    return None


def metric(name: str) -> str:
    """``name`` as a metric may be called: "PM2.5 (raw)" becomes "pm2.5_raw"; empty when nothing is left."""
    return _NOT_A_METRIC.sub("_", name.strip()).strip("_.-").lower()[:64]


def device_id(name: str) -> str:
    """``name`` as a device may be called in the registry; raises `PayloadError` when there is none.

    Where letters are lost, as of 一楼灯1 and 二楼灯1, a mark made of the whole name keeps the devices apart.
    """
    name = name.strip()
    plain = _NOT_A_DEVICE.sub("-", name).strip("-._")
    if name.isascii() and 0 < len(plain) <= _LONGEST_NAME:
        return plain
    if not name or (name.isascii() and not plain):
        raise PayloadError("bad topic", f"{name[:80]!r} cannot be the name of a device")
    mark = hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=4).hexdigest()
    return f"{plain[: _LONGEST_NAME - len(mark) - 1]}-{mark}".lstrip("-")


def flat(found: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, float | bool]]:
    """The numbers and switches of an object, with their path as the name."""
    if depth > DEEPEST:
        return
    for key, inner in found.items():
        name = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(inner, Mapping):
            yield from flat(inner, name, depth + 1)
        elif isinstance(inner, list):
            yield from flat({str(n): one for n, one in enumerate(inner[:MOST_VALUES])}, name, depth + 1)
        elif not isinstance(inner, str) and (measured := number(inner)) is not None and metric(name):
            yield metric(name), measured


def readings(device: str, ts: int, values: Mapping[str, float | bool], *, late: bool = False) -> list[Said]:
    """One reading, or nothing when nothing was measured."""
    kept = dict(list(values.items())[:MOST_VALUES])
    return [Said(device, Readings((Reading(ts=ts, values=kept, late=late),)), ts, late=late)] if kept else []


def alarm(device: str, ts: int, kind: AlarmKind, active: object, key: str = "") -> list[Said]:
    """The word of a sensor that decides by itself; nothing when it says neither yes nor no."""
    said = number(active)
    return [] if said is None else [Said(device, SensorAlarm(kind=kind, active=bool(said)), ts, key)]


def presence(device: str, ts: int, online: object) -> list[Said]:
    """Online or offline; nothing when it is neither."""
    said = number(online)
    return [] if said is None else [Said(device, Status(state="online" if said else "offline", ts=ts), ts)]


def moment(text: object, fallback: int) -> int:
    """An RFC 3339 text with a zone, seconds or milliseconds since 1970, as milliseconds; else ``fallback``."""
    if isinstance(text, bool):
        return fallback
    if isinstance(text, int | float) and math.isfinite(text) and text > 0:
        ms = int(text if text > 1e11 else text * 1000)
        return ms if ms < 32_503_680_000_000 else fallback
    if isinstance(text, str):
        try:
            at = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
        except ValueError:
            return fallback
        return fallback if at.tzinfo is None or at.year < 1971 or at.year > 2999 else to_ms(at)
    return fallback
