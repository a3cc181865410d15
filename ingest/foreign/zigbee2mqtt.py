"""Zigbee2MQTT (https://www.zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html): `zigbee2mqtt/<friendly name>`."""

from __future__ import annotations

from collections.abc import Sequence
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
    value,
    word,
)  # fmt: skip

BRIDGE = "zigbee-bridge"
_PANICS = {"emergency", "sos", "panic", "alarm"}
_OTHERS = {"get", "set"}  # what is asked of a device, not what it says


def decode(levels: Sequence[str], payload: bytes, now: int) -> Sequence[Said]:
    """A state, an availability, or a word of the bridge. A friendly name may hold slashes."""
    if levels and levels[0] == "bridge":
        return _bridge(levels[1:], payload, now)
    if not levels or levels[-1] in _OTHERS:
        return []
    if levels[-1] == "availability":
        return presence(device_id("-".join(levels[:-1])), now, _state(payload))
    return _device(device_id("-".join(levels)), obj(payload), now)


def _device(name: str, state: dict[str, Any], now: int) -> list[Said]:
    ts = moment(state.get("last_seen"), now)
    values = dict(flat({key: one for key, one in state.items() if key not in {"last_seen", "update"}}))
    said: list[Said] = []
    for key, kind in ALARMS.items():
        if key in state:
            said += alarm(name, ts, kind, state[key])
    if isinstance(state.get("contact"), bool):  # true: the door is shut
        said += alarm(name, ts, "door", not state["contact"])
    action = state.get("action")
    if isinstance(action, str) and action in _PANICS:
        said += alarm(name, ts, "panic", active=True)
    if isinstance(state.get("state"), str) and (on := number(state["state"])) is not None:
        values["state"] = on
    return [*readings(name, ts, values), *said]


def _bridge(levels: Sequence[str], payload: bytes, now: int) -> list[Said]:
    if levels == ["state"] or tuple(levels) == ("state",):
        return presence(BRIDGE, now, _state(payload))
    if tuple(levels) == ("devices",):
        found = value(payload)
        return [said for one in found if isinstance(one, dict) for said in _announced(one, now)] if isinstance(
            found, list
        ) else []  # fmt: skip
    return []


def _announced(one: dict[str, Any], now: int) -> list[Said]:
    name, kind = one.get("friendly_name"), one.get("type")
    if not isinstance(name, str) or not metric(name) or kind == "Coordinator":
        return []
    about = one.get("definition") if isinstance(one.get("definition"), dict) else {}
    words = [str(about.get(key, ""))[:80] for key in ("vendor", "model", "description")] if about else []
    return [Said(device_id(name), Announced(" ".join(word for word in words if word) or "unknown model"), now)]


def _state(payload: bytes) -> object:
    """``online``, or ``{"state": "online"}`` since version 1.31."""
    if payload[:1] == b"{":
        return obj(payload).get("state")
    return word(payload)
