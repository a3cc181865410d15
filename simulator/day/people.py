"""The true day of each student: who comes when and by which gate, who is on leave, who slips away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Literal

import msgspec

from simulator.chance import chance
from simulator.school.bells import is_school_day
from simulator.school.values import Leave, SimulatedSchool, Student

Part = Literal["ordinary", "late", "very late", "absent", "on leave", "slips away", "leaves early"]
# How many students play each part on a school day; all others come in time and go home after school.
_PARTS: tuple[tuple[Part, int], ...] = (
    ("on leave", 14),
    ("absent", 6),
    ("late", 9),
    ("very late", 2),
    ("leaves early", 1),
    ("slips away", 1),
)
SHOWCASE = "c-g8-1"  # one student of every part is in this class, so that its roll shows everything
_GATES = (("gate-1", 0.76), ("gate-2", 0.12), ("gate-3", 0.12))
_LEAVE_DAYS = 7
SLIPS_AWAY_AT, LEAVES_EARLY_AT = time(10, 5), time(10, 30)


class Way(msgspec.Struct, frozen=True):
    """One true walk through a gate, whether the gate noticed it or not."""

    at: datetime
    gate: str
    lane: str


class StudentDay(msgspec.Struct, frozen=True):
    """What a student truly does on a day; ``comes`` is None for one who stays at home."""

    student: Student
    part: Part
    comes: Way | None = None
    goes: Way | None = None


def parts(school: SimulatedSchool, day: date) -> Mapping[str, Part]:
    """The students with a part of their own on ``day``, by id; the incidents' day has one who slips away."""
    if not is_school_day(school, day):
        return {}
    draw = chance(school.seed, "parts", day)
    showcase = [student.id for student in school.students if student.class_id == SHOWCASE]
    others = [student.id for student in school.students if student.class_id != SHOWCASE]
    wanted = [(part, count) for part, count in _PARTS if part != "slips away" or day == school.day]
    stars = draw.sample(showcase, len(wanted))
    rest = iter(draw.sample(others, sum(count - 1 for _, count in wanted)))
    return {
        student: part
        for star, (part, count) in zip(stars, wanted, strict=True)
        for student in [star, *(next(rest) for _ in range(count - 1))]
    }


def leaves(school: SimulatedSchool) -> tuple[Leave, ...]:
    """The approved leaves of the incidents' day and the days after it."""
    teacher_of = {school_class.id: school_class.teacher for school_class in school.classes}
    rows = []
    for day in (school.day + timedelta(days=number) for number in range(_LEAVE_DAYS)):
        cast = parts(school, day)
        for student in school.students:
            part = cast.get(student.id)
            if part in ("on leave", "leaves early"):
                start = time(0, 0) if part == "on leave" else time(10, 20)
                kind = "sick" if part == "on leave" else "personal"
                span = datetime.combine(day, start), datetime.combine(day, time(23, 59))
                rows.append(Leave(student.id, *span, kind, teacher_of[student.class_id]))
    return tuple(rows)


# Where and when the late come, in their order: two through gate 3, which is cut off then on the incidents' day.
_LATE = (
    ("gate-1", "07:51:40"), ("gate-3", "07:53:10"), ("gate-1", "07:54:25"), ("gate-2", "07:55:30"),
    ("gate-1", "07:57:05"), ("gate-3", "07:58:50"), ("gate-1", "08:00:15"), ("gate-2", "08:03:20"),
    ("gate-1", "08:06:30"),
)  # fmt: skip
_VERY_LATE = (("gate-1", "08:21:10"), ("gate-1", "08:27:45"))
# Two of the showcase class come where a gate is dead and where one is cut off on the incidents' day.
_SHOWCASE_WAYS = (("gate-2", "07:41:20"), ("gate-3", "07:31:05"))


def student_days(school: SimulatedSchool, day: date) -> tuple[StudentDay, ...]:
    """The true day of every student, in the order of the roster; on a holiday nobody comes."""
    if not is_school_day(school, day):
        return ()
    cast = parts(school, day)
    fixed = _fixed_ways(school, day, cast)
    draw = chance(school.seed, "walks", day)
    days = []
    for student in school.students:
        part = cast.get(student.id, "ordinary")
        drawn = _drawn_way(school, day, draw)  # drawn for everybody, so that a part shifts nobody else's walk
        home = _home_way(school, day, part, draw)
        if part in ("on leave", "absent"):
            days.append(StudentDay(student, part))
        else:
            days.append(StudentDay(student, part, fixed.get(student.id, drawn), home))
    return tuple(days)


def _fixed_ways(school: SimulatedSchool, day: date, cast: Mapping[str, Part]) -> dict[str, Way]:
    ordinary = [student.id for student in school.students if student.class_id == SHOWCASE and student.id not in cast]
    ways = list(zip(ordinary, _SHOWCASE_WAYS, strict=False))
    ways += zip([id_ for id_, part in cast.items() if part == "late"], _LATE, strict=True)
    ways += zip([id_ for id_, part in cast.items() if part == "very late"], _VERY_LATE, strict=True)
    return {id_: Way(school.moment(day, time.fromisoformat(at)), gate, "1") for id_, (gate, at) in ways}


def _drawn_way(school: SimulatedSchool, day: date, draw: Random) -> Way:
    """A walk to school in good time: most come about half past seven, the last at 07:47."""
    minutes = draw.triangular(2, 47, 33)
    return Way(school.moment(day, time(7, 0)) + _minutes(minutes), _gate(draw), draw.choice("12"))


def _home_way(school: SimulatedSchool, day: date, part: Part, draw: Random) -> Way:
    """A walk home through lane 1, which knows its direction; lane 2 of gate 1 does not, see `simulator.day.gates`."""
    drawn = Way(school.moment(day, time(16, 52)) + _minutes(draw.triangular(0, 40, 8)), _gate(draw), "1")
    if part == "slips away":
        return Way(school.moment(day, SLIPS_AWAY_AT), "gate-1", "1")
    if part == "leaves early":
        return Way(school.moment(day, LEAVES_EARLY_AT), "gate-1", "1")
    return drawn


def _gate(draw: Random) -> str:
    return draw.choices([gate for gate, _ in _GATES], [share for _, share in _GATES])[0]


def _minutes(minutes: float) -> timedelta:
    """Whole milliseconds, as they stand on the wire."""
    return timedelta(milliseconds=round(minutes * 60_000))
