"""What a headset says of itself, from the text of Android's `dumpsys` and of the VR runtime's log; pure functions."""

from __future__ import annotations

import re

import msgspec

SEPARATOR = "@@campus@@"
# Asked in one go: each `adb shell` costs a tenth of a second. A part that a headset has not got is empty.
QUESTIONS = (
    "dumpsys battery",
    "dumpsys thermalservice",
    "dumpsys power | grep -E 'mWakefulness=|mProximityPositive='",
    "dumpsys vrpowermanager",
    "logcat -d -t 20 -s VrApi",
)
LONGEST = 256 * 1024
_FIELD = r"^\s*{}\s*[:=]\s*(\S+)\s*$"
_FRAMES = re.compile(r"FPS=(\d{1,4})/\d{1,4}\b.*?Stale=(\d{1,6})")


class HeadsetState(msgspec.Struct, frozen=True):
    """One look at a headset; None: it does not tell. ``worn`` decides sessions, the rest becomes readings."""

    worn: bool | None = None
    battery: float | None = None  # percent
    charging: bool | None = None
    temperature: float | None = None  # °C, of the battery
    thermal_status: float | None = None  # 0 none to 6 shutdown, as Android counts
    fps: float | None = None
    stale_frames: float | None = None  # frames shown twice within the last second
    frames_dropped: float | None = None  # since the last look
    tracking_lost: bool | None = None
    boundary_shown: bool | None = None  # the wearer is at or over the edge of the free area

    def values(self) -> dict[str, float | bool]:
        """What is known, by metric."""
        return {name: value for name, value in msgspec.structs.asdict(self).items() if value is not None}


def read_state(text: str) -> HeadsetState:
    """The state in the answers to `QUESTIONS`, separated by `SEPARATOR`; never raises."""
    battery, thermal, power, runtime, frames = (text[:LONGEST].split(SEPARATOR) + [""] * len(QUESTIONS))[:5]
    level, scale, heat = (_number(battery, name) for name in ("level", "scale", "temperature"))
    full = scale if scale else 100.0
    status = _number(battery, "status")
    shown = _FRAMES.findall(frames)
    return HeadsetState(
        worn=_worn(power, runtime),
        battery=None if level is None or not 0 <= level <= full else round(100 * level / full, 1),
        charging=None if status is None else status in (2, 5),  # charging, full
        temperature=None if heat is None or not -400 <= heat <= 1200 else heat / 10,
        thermal_status=_number(thermal, "Thermal Status"),
        fps=float(shown[-1][0]) if shown else None,
        stale_frames=float(shown[-1][1]) if shown else None,
    )


def _worn(power: str, runtime: str) -> bool | None:
    """By the VR runtime where it tells; otherwise awake, and near a face where the proximity sensor tells."""
    state = _field(runtime, "State")
    if state is not None:
        return state.upper() == "HEADSET_MOUNTED"
    awake, near = _field(power, "mWakefulness"), _field(power, "mProximityPositive")
    if awake is None:
        return None
    return awake == "Awake" and near in ("true", None)


def _field(text: str, name: str) -> str | None:
    found = re.search(_FIELD.format(re.escape(name)), text, re.MULTILINE)
    return None if found is None else found.group(1)


def _number(text: str, name: str) -> float | None:
    value = _field(text, name)
    if value is None or not re.fullmatch(r"-?\d{1,9}", value):
        return None
    return float(value)
