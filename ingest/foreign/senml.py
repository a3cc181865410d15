"""SenML in JSON (RFC 8428): base fields are resolved, times become absolute, names are split into device and metric."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec

from campus.errors import PayloadError
from campus.events import Reading, Readings
from ingest.foreign.said import MOST_VALUES, Said, device_id, metric, value

VERSION = 10  # RFC 8428 section 4.4: what needs a newer one is refused
RELATIVE = 2**28  # RFC 8428 section 4.5.3: times below are relative to now
UNNAMED = "unnamed"
_SEPARATORS = ":/"


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """A resolved record: full name, unit, absolute time (s since 1970), and one value (or only a sum)."""

    n: str
    t: float
    u: str = ""
    v: float | None = None
    vb: bool | None = None
    vs: str | None = None
    vd: str | None = None
    s: float | None = None


def resolve(payload: bytes, now: float) -> list[Record]:
    """The resolved records of a pack, oldest first as they stand; ``now`` in seconds. Raises `PayloadError`."""
    pack = value(payload)
    if not isinstance(pack, list) or not all(isinstance(one, dict) for one in pack):
        raise PayloadError("does not fit", "a SenML pack is an array of objects")
    base: dict[str, Any] = {}
    found: list[Record] = []
    for one in pack[:MOST_VALUES]:
        base.update({key: one[key] for key in ("bn", "bt", "bu", "bv", "bs", "bver") if key in one})
        if _number(base, "bver", VERSION) > VERSION:
            raise PayloadError("does not fit", f"SenML version {base['bver']}; at most {VERSION} is understood")
        for key in one:
            if key.endswith("_"):
                raise PayloadError("does not fit", f"the field {key!r} must be understood, and is not")
        if any(key in one for key in ("v", "vb", "vs", "vd", "s", "n", "u", "t")) or "bv" in base or "bs" in base:
            found.append(_record(one, base, now))
    return found


def _record(one: dict[str, Any], base: dict[str, Any], now: float) -> Record:
    name = _text(base, "bn") + _text(one, "n")
    at = _number(base, "bt", 0) + _number(one, "t", 0)
    return Record(
        n=name,
        t=at if at >= RELATIVE else now + at,
        u=_text(one, "u") or _text(base, "bu"),
        v=_number(one, "v", 0) + _number(base, "bv", 0) if "v" in one or ("bv" in base and _numeric(one)) else None,
        vb=one["vb"] if isinstance(one.get("vb"), bool) else None,
        vs=one["vs"] if isinstance(one.get("vs"), str) else None,
        vd=one["vd"] if isinstance(one.get("vd"), str) else None,
        s=_number(one, "s", 0) + _number(base, "bs", 0) if "s" in one or "bs" in base else None,
    )


def decode(_levels: Sequence[str], payload: bytes, now: int) -> Sequence[Said]:
    """Readings by device; what stands before the last ':' or '/' of a name is the device, behind it the metric."""
    by_device: defaultdict[str, dict[int, dict[str, float | bool]]] = defaultdict(dict)
    for one in resolve(payload, now / 1000):
        measured = one.v if one.v is not None else one.vb
        if measured is None:
            measured = one.s
        ts = round(one.t * 1000)
        if measured is None or not 0 <= ts < 32_503_680_000_000:
            continue
        device, name = _split(one)
        by_device[device].setdefault(ts, {})[name] = measured
    return [
        Said(device, Readings(tuple(Reading(ts=ts, values=values) for ts, values in sorted(times.items()))), max(times))
        for device, times in by_device.items()
    ]


def _split(one: Record) -> tuple[str, str]:
    cut = max((one.n.rfind(mark) for mark in _SEPARATORS), default=-1)
    tail = one.n[cut + 1 :]
    # A name that ends in the device itself (urn:dev:ow:10e2...) has its unit for a metric.
    whole = cut < 0 or (one.n.startswith("urn:") and one.n.count(":") <= 3 and "/" not in one.n)
    name = (metric(one.u.replace("%", "")) or "value") if whole else metric(tail) or "value"
    device = one.n if whole else one.n[:cut]
    return (device_id(device) if device.strip(":/ ") else UNNAMED), name


def _text(one: dict[str, Any], key: str) -> str:
    found = one.get(key, "")
    if not isinstance(found, str):
        raise PayloadError("does not fit", f"{key!r} is no text")
    return found


def _number(one: dict[str, Any], key: str, default: float) -> float:
    found = one.get(key, default)
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        raise PayloadError("does not fit", f"{key!r} is no number")
    return float(found)


def _numeric(one: dict[str, Any]) -> bool:
    return not any(key in one for key in ("vb", "vs", "vd", "s"))
