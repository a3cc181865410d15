"""A weekly timetable without clashes, made by two edge colourings: lessons to days, then a day's lessons to periods."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from simulator.chance import chance
from simulator.school.colouring import colour_edges
from simulator.school.curriculum import GRADES, SUBJECTS, VR, Subject
from simulator.school.roster import grade_of
from simulator.school.values import SchoolClass, TimetableLesson

DAYS, PERIODS = 5, 8
VR_PERIODS = (3, 6)  # the VR lab is open in these periods of every day
_SUBJECTS = {subject.code: subject for subject in SUBJECTS}


class _Lesson(msgspec.Struct, frozen=True):
    class_id: str
    subject: str
    teacher: str


def timetable(
    seed: int, classes: Sequence[SchoolClass], teaching: Mapping[tuple[str, str], str]
) -> tuple[TimetableLesson, ...]:
    """Every lesson of the week: each class has one in each period, nobody and no room is wanted twice."""
    lessons = _lessons_of_the_week(classes, teaching)
    rooms = _rooms(classes, teaching)
    rows = []
    for weekday, day in enumerate(_days(lessons), start=1):
        for lesson, period in _periods(seed, weekday, day):
            room = rooms[lesson.class_id, lesson.subject]
            name = _SUBJECTS[lesson.subject].name
            rows.append(TimetableLesson(lesson.class_id, weekday, f"P{period}", name, lesson.teacher, room))
    order = {school_class.id: place for place, school_class in enumerate(classes)}
    return tuple(sorted(rows, key=lambda row: (order[row.class_id], row.weekday, row.period)))


def _lessons_of_the_week(classes: Sequence[SchoolClass], teaching: Mapping[tuple[str, str], str]) -> list[_Lesson]:
    return [
        _Lesson(school_class.id, subject.code, teaching[school_class.id, subject.code])
        for school_class in classes
        for subject in SUBJECTS
        for _ in range(subject.lessons[GRADES.index(grade_of(school_class.id))])
    ]


def _rooms(classes: Sequence[SchoolClass], teaching: Mapping[tuple[str, str], str]) -> dict[tuple[str, str], str]:
    """The room of (class, subject): the teacher's own where the subject needs one, else the class's."""
    home = {school_class.id: school_class.room for school_class in classes}
    staff: dict[str, list[str]] = defaultdict(list)
    for (_, subject), teacher in teaching.items():
        if teacher not in staff[subject]:
            staff[subject].append(teacher)

    def room(class_id: str, subject: Subject, teacher: str) -> str:
        return subject.rooms[staff[subject.code].index(teacher)] if subject.rooms else home[class_id]

    return {key: room(key[0], _SUBJECTS[key[1]], teacher) for key, teacher in teaching.items()}


def _days(lessons: Sequence[_Lesson]) -> list[list[_Lesson]]:
    """Share the week's lessons out to days so that each subject, class and teacher is spread evenly.

    Each class and each teacher is split into vertices of five lessons; five colours (the days) then give each of
    them one lesson a day (de Werra 1971). Lessons of one subject share a vertex, so they fall on different days.
    """
    left = _fives([(lesson.class_id, lesson.subject) for lesson in lessons])
    right = _fives([(lesson.teacher, lesson.class_id) for lesson in lessons])
    days: list[list[_Lesson]] = [[] for _ in range(DAYS)]
    for lesson, day in zip(lessons, colour_edges(list(zip(left, right, strict=True)), DAYS), strict=True):
        days[day].append(lesson)
    return days


def _fives(keys: Sequence[tuple[str, str]]) -> list[int]:
    """A vertex for each item: items of one owner (first part) in bins of five, those of one kind kept together.

    First-fit decreasing: blocks of a kind, cut to at most five, go into the owner's first bin with room.
    """
    owners: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for place, (owner, kind) in enumerate(keys):
        owners[owner][kind].append(place)
    vertex_of, made = [0] * len(keys), 0
    for kinds in owners.values():
        blocks = [items[start : start + DAYS] for items in kinds.values() for start in range(0, len(items), DAYS)]
        bins: list[list[int]] = []
        for block in sorted(blocks, key=len, reverse=True):
            bin_ = next((one for one in bins if len(one) + len(block) <= DAYS), None)
            if bin_ is None:
                bins.append(list(block))
            else:
                bin_.extend(block)
        for bin_ in bins:
            for place in bin_:
                vertex_of[place] = made
            made += 1
    return vertex_of


def _periods(seed: int, weekday: int, day: Sequence[_Lesson]) -> list[tuple[_Lesson, int]]:
    """Give a day's lessons their periods 1-8, the VR lessons theirs among `VR_PERIODS`."""
    classes, teachers = _numbers(lesson.class_id for lesson in day), _numbers(lesson.teacher for lesson in day)
    edges = [(classes[lesson.class_id], teachers[lesson.teacher]) for lesson in day]
    colours = colour_edges(edges, PERIODS)
    vr = sorted({colour for lesson, colour in zip(day, colours, strict=True) if lesson.subject == VR})
    others = [colour for colour in range(PERIODS) if colour not in vr]
    free = [period for period in range(1, PERIODS + 1) if period not in VR_PERIODS[: len(vr)]]
    chance(seed, "periods", weekday).shuffle(others)
    period_of = dict(zip([*vr, *others], [*VR_PERIODS[: len(vr)], *free], strict=True))
    return [(lesson, period_of[colour]) for lesson, colour in zip(day, colours, strict=True)]


def _numbers(names: Iterable[str]) -> dict[str, int]:
    numbers: dict[str, int] = {}
    for name in names:
        numbers.setdefault(name, len(numbers))
    return numbers
