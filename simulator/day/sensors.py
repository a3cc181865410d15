"""What the sensors say: the air of rooms, and quiet detectors, doors and buttons until one of them is needed."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from operator import itemgetter

from campus.events import SensorAlarm
from simulator.chance import chance
from simulator.day.air import air
from simulator.day.incidents import Script, SelfRaised
from simulator.day.wire import Outgoing, Voice
from simulator.school.values import Device, SimulatedSchool

STEP = timedelta(seconds=60)
_Moment = tuple[datetime, int, "dict[str, float] | SensorAlarm | None"]


def sensor_messages(
    school: SimulatedSchool, day: date, sensor: Device, script: Script, beats: Sequence[datetime], end: datetime
) -> Iterator[Outgoing]:
    """A sensor's messages: heartbeats at ``beats``, readings every 30 or 60 s, and its own alarm if it has one."""
    voice = Voice(school, sensor.id, beats[0])
    incidents = [one for one in script.self_raised if one.device == sensor.id]
    heartbeats: Iterator[_Moment] = ((at, 0, None) for at in beats)
    readings: Iterator[_Moment] = ((at, 1, values) for at, values in _readings(school, day, sensor, script, beats, end))
    for at, _, what in heapq.merge(heartbeats, readings, _alarms(incidents), key=itemgetter(0, 1)):
        if what is None:
            yield voice.status(at)
        elif isinstance(what, SensorAlarm):
            yield voice.event(at, what)
        else:
            yield voice.readings(at, what)


def _alarms(incidents: Sequence[SelfRaised]) -> Iterator[_Moment]:
    for one in incidents:
        yield one.start, 2, SensorAlarm(kind=one.kind, active=True)
        yield one.end, 2, SensorAlarm(kind=one.kind, active=False)


def _readings(
    school: SimulatedSchool, day: date, sensor: Device, script: Script, beats: Sequence[datetime], end: datetime
) -> Iterator[tuple[datetime, dict[str, float]]]:
    if sensor.senses == "air":
        yield from air(school, day, sensor, script, beats[0], end)
        return
    draw = chance(school.seed, "quiet", sensor.id, day, beats[0])
    battery = draw.uniform(71, 99)
    at = beats[0] + timedelta(milliseconds=draw.randrange(60_000))
    while at < end:
        raised = any(one.device == sensor.id and one.start <= at < one.end for one in script.self_raised)
        yield at, {**_own_values(sensor, raised, draw.random()), "battery": round(battery, 1)}
        at += STEP


def _own_values(sensor: Device, raised: bool, noise: float) -> dict[str, float]:
    """What a detector measures: smoke in % of obscuration per metre, gas in % of the lower explosive limit."""
    if sensor.senses == "smoke":
        return {"smoke": round((11.0 if raised else 0.1) + noise * 0.2, 2)}
    if sensor.senses == "gas":
        return {"gas": round(0.4 + noise * 0.8, 2)}
    if sensor.senses == "door":
        return {"open": float(raised)}
    return {}
