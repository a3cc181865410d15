"""Troubles at random of a day: what breaks, who slips away, and what gets lost on the way, all drawn from a seed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from heapq import merge
from operator import attrgetter
from random import Random

import msgspec

from simulator.chance import chance
from simulator.day.incidents import Script, SelfRaised, Span
from simulator.day.people import StudentDay, Way, student_days
from simulator.day.wire import Outgoing
from simulator.school.bells import is_school_day
from simulator.school.values import SimulatedSchool

FIRST, LAST = time(7, 15), time(17, 0)
# School hours without the breaks at their ends, in which a student who leaves is missed.
GOES_FIRST, GOES_LAST = time(8, 20), time(16, 30)
LOST = 0.01  # share of telemetry that never arrives
TWICE = 0.01  # share of messages that arrive twice
SLOW = 0.01  # share of telemetry that is held up on the way
HELD_UP_S = (5.0, 90.0)


class Troubles(msgspec.Struct, frozen=True, kw_only=True):
    """A day as it truly goes: the incidents of the devices and the ways of the students."""

    script: Script
    days: tuple[StudentDay, ...]


def troubles(school: SimulatedSchool, day: date) -> Troubles:
    """The troubles of ``day``: another day or another seed of the school draws others."""
    days = student_days(school, day)
    if not is_school_day(school, day):
        return Troubles(script=Script(), days=days)
    draw = chance(school.seed, "troubles", day)
    return Troubles(script=_script(school, day, draw), days=_slip_away(school, day, days, draw))


def disturbed(messages: Iterable[Outgoing], school: SimulatedSchool, day: date) -> Iterator[Outgoing]:
    """``messages`` as a poor network hands them over: some telemetry is lost or slow, some messages come twice."""
    draw = chance(school.seed, "network", day)
    held: list[Outgoing] = []
    for message in messages:
        while held and held[0].at <= message.at:
            yield held.pop(0)
        fate, telemetry = draw.random(), message.topic.endswith("/telemetry")
        if telemetry and fate < LOST:
            continue
        if telemetry and fate < LOST + SLOW:
            late = msgspec.structs.replace(message, at=message.at + timedelta(seconds=draw.uniform(*HELD_UP_S)))
            held = list(merge(held, [late], key=attrgetter("at")))
            continue
        yield message
        if fate > 1 - TWICE:
            yield message
    yield from held


def _script(school: SimulatedSchool, day: date, draw: Random) -> Script:
    def span(device: str, shortest: float, longest: float) -> Span:
        length = timedelta(minutes=draw.uniform(shortest, longest))
        start = _moment(school, day, FIRST, LAST, draw)
        return Span(device, start, start + length)

    def raised(kind: str, times: int) -> list[SelfRaised]:
        devices = draw.sample([one.id for one in school.devices if one.senses == kind], times)
        return [SelfRaised(one.device, kind, one.start, one.end) for one in (span(one, 1, 8) for one in devices)]  # type: ignore[arg-type]  # one of three

    gates = draw.sample(["gate-1", "gate-2", "gate-3"], 2)
    cameras = draw.sample([one.id for one in school.devices if one.kind == "camera" and one.id != "cam-1"], 2)
    rooms = draw.sample([one.id for one in school.devices if one.senses == "air"], 8)
    return Script(
        dead_gates=(span(gates[0], 2, 15),),
        cut_off_gates=(span(gates[1], 5, 60),),
        lost_cameras=tuple(span(one, 5, 30) for one in cameras),
        stuffy_rooms=tuple(span(one, 10, 45) for one in rooms[:4]),
        breathed_on=tuple(span(one, 1, 9) for one in rooms[4:]),
        self_raised=tuple(raised("smoke", 2) + raised("panic", 1) + raised("door", 3)),
        intruder_at=_moment(school, day, FIRST, LAST, draw),
    )


def _slip_away(
    school: SimulatedSchool, day: date, days: tuple[StudentDay, ...], draw: Random
) -> tuple[StudentDay, ...]:
    """Three students who came in time go out by a gate at some moment of the lessons."""
    came = [one.student.id for one in days if one.part == "ordinary" and one.comes is not None]
    gone = {
        student: Way(_moment(school, day, GOES_FIRST, GOES_LAST, draw), draw.choice(["gate-1", "gate-2"]), "1")
        for student in draw.sample(came, 3)
    }
    return tuple(
        StudentDay(one.student, "slips away", one.comes, gone[one.student.id]) if one.student.id in gone else one
        for one in days
    )


def _moment(school: SimulatedSchool, day: date, first: time, last: time, draw: Random) -> datetime:
    start, end = school.moment(day, first), school.moment(day, last)
    return start + timedelta(milliseconds=draw.randrange(round((end - start).total_seconds() * 1000)))
