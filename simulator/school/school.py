"""Builds the school that does not exist: 1,200 students, 30 classes, their timetable, campus and devices."""

from __future__ import annotations

from datetime import date

import msgspec

from simulator.school import bells, fleet, plan, roster
from simulator.school.timetable import timetable
from simulator.school.values import SimulatedSchool, TimetableLesson

NAME, NAME_EN = "晨星实验中学", "Morning Star Middle School"


def build_school(
    seed: int, credential_key: bytes, day: date, school_id: str = "school-1", timezone: str = "Asia/Shanghai"
) -> SimulatedSchool:
    """The school grown from ``seed``; ``day`` becomes a school day, that of its known incidents.

    ``credential_key`` (16 bytes or more) is the school's key of `campus.credentials`. The same arguments give the same
    school in every process.
    """
    places = plan.places(NAME, NAME_EN)
    staff = roster.teachers(seed)
    teaching = roster.teaching(staff)
    classes = roster.classes(teaching)
    calendar = bells.calendar(day)
    day_types = tuple(
        sorted({"school"} | {row.day_type for row in calendar if row.day_type != "holiday"}, reverse=True)
    )
    return SimulatedSchool(
        id=school_id,
        name=NAME,
        name_en=NAME_EN,
        seed=seed,
        timezone=timezone,
        day=day,
        places=places,
        devices=fleet.devices(places),
        classes=classes,
        students=roster.students(seed, credential_key),
        teachers=staff,
        bells=bells.bells(day_types),
        timetable=_with_weekend(timetable(seed, classes, teaching), day),
        calendar=calendar,
    )


def _with_weekend(week: tuple[TimetableLesson, ...], day: date) -> tuple[TimetableLesson, ...]:
    """The week; when ``day`` is a worked Saturday or Sunday, it follows Monday's timetable."""
    weekday = day.isoweekday()
    if weekday <= 5:
        return week
    return week + tuple(msgspec.structs.replace(row, weekday=weekday) for row in week if row.weekday == 1)
