"""What the VR lab says: its seats' headsets once a minute, and sessions in the periods when a class is in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

import msgspec

from campus.events import LabSeatLeft, LabSeatTaken
from simulator.chance import chance
from simulator.day.people import StudentDay
from simulator.day.wire import Outgoing, Voice
from simulator.school.bells import bell_of
from simulator.school.fleet import LAB, SEATS
from simulator.school.values import SimulatedSchool

STEP = timedelta(seconds=60)
_SETTLE, _PACK_UP = timedelta(minutes=4), timedelta(minutes=4)


class Sitting(msgspec.Struct, frozen=True):
    """One student under one headset."""

    seat: str
    credential: str
    start: datetime
    end: datetime


def sittings(school: SimulatedSchool, day: date, days: Sequence[StudentDay]) -> list[Sitting]:
    """The sessions of a day: the first students at school of each class that has a lesson in the lab, one a seat."""
    here = [one for one in days if one.comes is not None]
    found = []
    for row in school.timetable:
        if row.room == "vr-lab" and row.weekday == day.isoweekday():
            bell = bell_of(school, row.period)
            start, end = school.moment(day, bell.start) + _SETTLE, school.moment(day, bell.end) - _PACK_UP
            draw = chance(school.seed, "sittings", day, row.period)
            present = [one for one in here if one.student.class_id == row.class_id and _there(one, start, end)]
            for seat, one in zip(SEATS, present, strict=False):
                shift = timedelta(milliseconds=draw.randrange(100_000))
                found.append(Sitting(seat, one.student.credential, start + shift, end + shift))
    return found


def _there(day: StudentDay, start: datetime, end: datetime) -> bool:
    """Whether the student is at school through a session, by the truth."""
    came, went = day.comes, day.goes
    return came is not None and came.at < start and (went is None or went.at > end)


def lab_messages(
    school: SimulatedSchool, day: date, days: Sequence[StudentDay], beats: Sequence[datetime], end: datetime
) -> list[Outgoing]:
    """The lab controller's messages in the order of its own numbers."""
    voice = Voice(school, LAB, beats[0])
    plan = sittings(school, day, days)
    moments: list[tuple[datetime, int, str, Sitting | dict[str, float] | None]] = [(at, 0, "", None) for at in beats]
    moments += [(at, 1, "", values) for at, values in _headsets(school, day, plan, beats[0], end)]
    moments += [(one.start, 2, one.seat, one) for one in plan]
    moments += [(one.end, 3, one.seat, one) for one in plan]
    moments.sort(key=lambda moment: moment[:3])
    return [_said(voice, at, order, what) for at, order, _, what in moments]


def _said(voice: Voice, at: datetime, order: int, what: Sitting | dict[str, float] | None) -> Outgoing:
    if what is None:
        return voice.status(at)
    if isinstance(what, dict):
        return voice.readings(at, what)
    if order == 2:
        return voice.event(at, LabSeatTaken(seat=what.seat, credential=what.credential))
    return voice.event(at, LabSeatLeft(seat=what.seat, duration_s=(what.end - what.start).total_seconds()))


def _headsets(
    school: SimulatedSchool, day: date, plan: Sequence[Sitting], start: datetime, end: datetime
) -> Iterator[tuple[datetime, dict[str, float]]]:
    """For each minute and seat: battery (%), temperature (deg C) of the headset and whether it is worn (0 or 1)."""
    draw = chance(school.seed, "headsets", day, start)
    drains = {seat: draw.uniform(0.55, 0.95) for seat in SEATS}
    battery, warmth = dict.fromkeys(SEATS, 100.0), dict.fromkeys(SEATS, 24.0)
    at = start + timedelta(seconds=20)
    while at < end:
        worn = {one.seat for one in plan if one.start <= at < one.end}
        values: dict[str, float] = {"in_use": float(len(worn))}
        for seat in SEATS:
            change = -drains[seat] if seat in worn else 0.6
            battery[seat] = min(100.0, max(0.0, battery[seat] + change))
            warmth[seat] += ((36.5 if seat in worn else 24.0) - warmth[seat]) / 12
            values[f"{seat}.battery"] = round(battery[seat], 1)
            values[f"{seat}.temperature"] = round(warmth[seat] + draw.gauss(0, 0.1), 1)
            values[f"{seat}.worn"] = float(seat in worn)
        yield at, values
        at += STEP
