"""The air of a room over a day: CO2, temperature, humidity and noise as its sensor measures them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random

from simulator.chance import chance
from simulator.day.incidents import Script
from simulator.school.bells import bell_at, is_school_day
from simulator.school.values import Bell, Device, SimulatedSchool

STEP = timedelta(seconds=30)
OUTDOORS = 430.0  # ppm of CO2
_FULL_ROOM = (900.0, 1150.0)  # where CO2 of a room in use settles; well below what alarms
_STUFFY = 2400.0  # where it would settle with all windows shut
_BREATH = 900.0  # what a breath on the sensor adds
Sample = tuple[datetime, dict[str, float]]


def air(
    school: SimulatedSchool, day: date, device: Device, script: Script, start: datetime, end: datetime
) -> Iterator[Sample]:
    """Moments from ``start`` to ``end`` every 30 s with co2 (ppm), temperature (deg C), humidity (%), noise (dBA)."""
    draw = chance(school.seed, "air", device.id, day, start)
    settles_at = draw.uniform(*_FULL_ROOM)
    warmth = draw.uniform(-0.8, 0.8)
    used = _used_periods(school, day, device.place)
    at, co2 = start + timedelta(milliseconds=draw.randrange(30_000)), OUTDOORS + 25
    while at < end:
        bell = bell_at(school, at.astimezone(school.zone).time()) if used else None
        busy = bell is not None and bell.period in used
        goal, minutes = _co2_goal(device, script, busy, settles_at, at)
        co2 += (goal - co2) * (1 - math.exp(-STEP.total_seconds() / 60 / minutes))
        breath = _BREATH if any(s.device == device.id and s.covers(at) for s in script.breathed_on) else 0.0
        yield (
            at,
            {
                "co2": float(round(co2 + breath + draw.uniform(-6, 6))),
                **_climate(draw, _hour(school, at), busy, warmth),
                "noise": round(_noise(bell, busy) + draw.gauss(0, 2.5), 1),
            },
        )
        at += STEP


def first_held(samples: Iterator[Sample], metric: str, limit: float, holds: timedelta) -> datetime | None:
    """When ``metric`` has first been above ``limit`` for ``holds`` without a sample below; None when it never was."""
    since: datetime | None = None
    for at, values in samples:
        since = (since or at) if values[metric] > limit else None
        if since is not None and at - since >= holds:
            return since + holds
    return None


def _used_periods(school: SimulatedSchool, day: date, place: str) -> frozenset[str]:
    if not is_school_day(school, day):
        return frozenset()
    if place == "dining-hall":
        return frozenset({"LU"})
    weekday = day.isoweekday()
    return frozenset(row.period for row in school.timetable if row.room == place and row.weekday == weekday)


def _co2_goal(device: Device, script: Script, busy: bool, settles_at: float, at: datetime) -> tuple[float, float]:
    """Where CO2 is going, and its time constant in minutes: a first-order rise or fall."""
    for span in script.stuffy_rooms:
        if span.device == device.id and span.covers(at):
            return _STUFFY, 12.0
        if span.device == device.id and span.end <= at < span.end + timedelta(minutes=15):
            return OUTDOORS + 70, 4.0  # all windows are thrown open
    return (settles_at, 18.0) if busy else (OUTDOORS + 25, 14.0)


def _climate(draw: Random, hour: float, busy: bool, warmth: float) -> dict[str, float]:
    day_wave = math.sin((hour - 9.5) / 24 * 2 * math.pi)  # coldest before dawn, warmest in the afternoon
    temperature = 24.3 + 2.4 * day_wave + warmth + (0.9 if busy else 0.0) + draw.gauss(0, 0.05)
    humidity = 56 - 7 * day_wave + (3 if busy else 0) + draw.gauss(0, 0.4)
    return {"temperature": round(temperature, 2), "humidity": round(humidity, 1)}


def _noise(bell: Bell | None, busy: bool) -> float:
    if busy:
        return 58.0
    return 66.0 if bell is not None and bell.kind in ("break", "exercise", "lunch") else 36.0


def _hour(school: SimulatedSchool, at: datetime) -> float:
    local = at.astimezone(school.zone)
    return local.hour + local.minute / 60
