"""Sparkplug B (Eclipse Sparkplug 3.0): births, data and deaths of edge nodes and their devices.

`spBv1.0/<group>/<NBIRTH|NDATA|NDEATH|DBIRTH|DDATA|DDEATH>/<node>[/<device>]`. A birth says what the aliases of later
data mean and when the node began to count (bdSeq); until one was heard, data that has only aliases cannot be read, and
the node is asked for a new birth. A gap in the numbering asks for one, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from google.protobuf.message import DecodeError

from campus.errors import PayloadError
from campus.events import Reading, Readings
from ingest.counters import SPARKPLUG_GAPS
from ingest.foreign.said import MOST_VALUES, Said, device_id, metric, number, presence
from ingest.foreign.sparkplug_proto import Payload

REBIRTH = "Node Control/Rebirth"
_BOOLEAN = 11
_SIGNED = {1: 8, 2: 16, 3: 32, 4: 64}  # data types Int8 to Int64 and their bits: negative numbers come as unsigned
_SEQUENCE = 256
_CONTROL = ("bdSeq", "Node Control/", "Properties/", "Device Control/")


class _Node:
    """What is known of an edge node since its birth."""

    def __init__(self, bd_seq: int | None) -> None:
        self.bd_seq = bd_seq
        self.seq: int | None = None
        self.names: dict[str, dict[int, str]] = {}  # device ("" is the node) -> alias -> name
        self.devices: set[str] = set()


class Sparkplug:
    """Decodes, and remembers the births; `wants` holds the topics at which a node is to be asked for a new one."""

    def __init__(self) -> None:
        self._nodes: dict[tuple[str, str], _Node] = {}
        self.wants: dict[str, None] = {}

    def __call__(self, levels: Sequence[str], payload: bytes, now: int) -> Sequence[Said]:
        """One message, the levels behind `spBv1.0/`."""
        if len(levels) < 3 or levels[0] == "STATE":
            return []
        group, kind, node, device = levels[0], levels[1], levels[2], levels[3] if len(levels) > 3 else ""
        if kind in {"NCMD", "DCMD"}:
            return []
        found = _parsed(payload)
        key = (group, node)
        who = device_id(f"{node}-{device}" if device else node)
        match kind:
            case "NBIRTH":
                self._nodes[key] = _Node(_bd_seq(found))
                self._counted(key, found)
                return [*presence(who, _ts(found, now), online=True), *self._data(key, "", who, found, now)]
            case "DBIRTH":
                self._node(key).devices.add(who)
                self._counted(key, found)
                return [*presence(who, _ts(found, now), online=True), *self._data(key, device, who, found, now)]
            case "NDATA" | "DDATA":
                self._counted(key, found)
                return self._data(key, device, who, found, now)
            case "NDEATH":
                return self._dead(key, who, found, now)
            case "DDEATH":
                return presence(who, _ts(found, now), online=False)
        return []

    def rebirths(self) -> list[tuple[str, bytes]]:
        """What is to be published to nodes that have to introduce themselves again; each is told once."""
        wanted, self.wants = list(self.wants), {}
        return [(topic, rebirth()) for topic in wanted]

    def _node(self, key: tuple[str, str]) -> _Node:
        if key not in self._nodes:
            self._nodes[key] = _Node(None)
            self._want(key)
        return self._nodes[key]

    def _want(self, key: tuple[str, str]) -> None:
        self.wants[f"{key[0]}/NCMD/{key[1]}"] = None

    def _counted(self, key: tuple[str, str], found: Any) -> None:
        node = self._node(key)
        if not found.HasField("seq"):
            return
        seq = int(found.seq) % _SEQUENCE
        if node.seq is not None and seq not in {(node.seq + 1) % _SEQUENCE, node.seq}:  # the same again: redelivered
            SPARKPLUG_GAPS.inc()
            self._want(key)
        node.seq = seq

    def _data(self, key: tuple[str, str], device: str, who: str, found: Any, now: int) -> list[Said]:
        names = self._node(key).names.setdefault(device, {})
        live: dict[int, dict[str, float | bool]] = {}
        past: dict[int, dict[str, float | bool]] = {}
        for one in list(found.metrics)[:MOST_VALUES]:
            name = one.name or names.get(one.alias, "") if one.HasField("alias") or one.name else ""
            if not name:
                self._want(key)
                raise PayloadError("alias unknown", f"alias {one.alias} of {'/'.join(key)}: no birth was heard yet")
            if one.name and one.HasField("alias"):
                names[one.alias] = one.name
            measured = _value(one)
            if measured is None or name.startswith(_CONTROL) or not metric(name.replace("/", ".")):
                continue
            ts = int(one.timestamp) if one.timestamp else _ts(found, now)
            (past if one.is_historical else live).setdefault(ts, {})[metric(name.replace("/", "."))] = measured
        return [
            Said(
                who,
                Readings(tuple(Reading(ts=ts, values=values, late=late) for ts, values in sorted(times.items()))),
                max(times),
                late=late,
            )
            for times, late in ((live, False), (past, True))
            if times
        ]

    def _dead(self, key: tuple[str, str], who: str, found: Any, now: int) -> list[Said]:
        node = self._node(key)
        told = _bd_seq(found)
        if node.bd_seq is not None and told is not None and told != node.bd_seq:
            return []  # the last will of an earlier connection: the node has been born again since
        # Root lost, children lost.
        said = [one for lost in (who, *sorted(node.devices)) for one in presence(lost, now, online=False)]
        self._nodes.pop(key, None)
        return said


def rebirth() -> bytes:
    """The payload that asks a node for its birth."""
    made = Payload()
    one = made.metrics.add()
    one.name, one.datatype, one.boolean_value = REBIRTH, _BOOLEAN, True
    encoded: bytes = made.SerializeToString()
    return encoded


def _parsed(payload: bytes) -> Any:
    found = Payload()
    try:
        found.ParseFromString(payload)
    except (DecodeError, RecursionError) as error:
        raise PayloadError("not Sparkplug B", str(error)) from None
    return found


def _ts(found: Any, now: int) -> int:
    ts = int(found.timestamp)
    return ts if 0 < ts < 32_503_680_000_000 else now


def _bd_seq(found: Any) -> int | None:
    return next((int(one.long_value or one.int_value) for one in found.metrics if one.name == "bdSeq"), None)


def _value(one: Any) -> float | bool | None:
    kind = one.WhichOneof("value")
    if kind is None or one.is_null or kind == "string_value" or one.timestamp >= 32_503_680_000_000:
        return None
    plain = getattr(one, kind)
    bits = _SIGNED.get(one.datatype)
    if bits and kind in {"int_value", "long_value"}:
        plain = (plain & (1 << bits) - 1) - ((plain >> bits - 1 & 1) << bits)
    return number(plain)
