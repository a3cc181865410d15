"""What a simulated school is made of: frozen values, each row of a file one of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

PlaceKind = Literal["campus", "building", "floor", "room", "gate", "outdoor"]
DeviceKind = Literal["camera", "gate", "lab", "headset", "sensor", "agent"]
Senses = Literal["air", "smoke", "gas", "door", "panic", "people", "seats", "passes", "children"]
Outline = tuple[tuple[int, int], ...]


class Place(msgspec.Struct, frozen=True):
    """A campus, building, floor, room, gate or outdoor area; ``outline`` is a polygon on the 1000 x 640 plan."""

    id: str
    parent: str
    kind: PlaceKind
    name: str
    name_en: str
    floor: int
    outline: Outline


class Device(msgspec.Struct, frozen=True):
    """A device; ``senses`` tells the simulator which signals it gives, ``x``, ``y`` stand on the 1000 x 640 plan."""

    id: str
    kind: DeviceKind
    name: str
    name_en: str
    place: str
    parent: str
    model: str
    x: int
    y: int
    senses: Senses
    covers: tuple[str, ...] = ()


class SchoolClass(msgspec.Struct, frozen=True):
    """A class of 40 with its own room and class teacher."""

    id: str
    grade: int
    title: str
    room: str
    teacher: str


class Student(msgspec.Struct, frozen=True):
    """A student; ``credential`` is the keyed hash of the card, the number itself is kept nowhere."""

    id: str
    class_id: str
    family: str
    given: str
    credential: str


class Teacher(msgspec.Struct, frozen=True):
    """A teacher of one subject (and for some of reading lessons and a class)."""

    id: str
    family: str
    given: str
    subject: str


class Bell(msgspec.Struct, frozen=True):
    """A part of the school day in local time; ``closes`` is when an arrival is decided."""

    day_type: str
    period: str
    kind: Literal["arrival", "lesson", "break", "exercise", "lunch", "dismissal"]
    name: str
    name_en: str
    start: time
    end: time
    closes: time | None = None


class TimetableLesson(msgspec.Struct, frozen=True):
    """A weekly lesson; ``weekday`` is 1 (Monday) to 7, ``period`` names a bell."""

    class_id: str
    weekday: int
    period: str
    subject: str
    teacher: str
    room: str


class CalendarDay(msgspec.Struct, frozen=True):
    """A date that is not what its weekday says."""

    date: date
    day_type: str
    name: str


class Leave(msgspec.Struct, frozen=True):
    """An approved leave, in local date-times without zone as school offices write them."""

    student: str
    start: datetime
    end: datetime
    kind: str
    approved_by: str


class SimulatedSchool(msgspec.Struct, frozen=True, kw_only=True):
    """A whole school that does not exist; ``day`` is the day of its known incidents."""

    id: str
    name: str
    name_en: str
    seed: int
    timezone: str
    day: date
    places: tuple[Place, ...]
    devices: tuple[Device, ...]
    classes: tuple[SchoolClass, ...]
    students: tuple[Student, ...]
    teachers: tuple[Teacher, ...]
    bells: tuple[Bell, ...]
    timetable: tuple[TimetableLesson, ...]
    calendar: tuple[CalendarDay, ...]

    @property
    def zone(self) -> ZoneInfo:
        """The zone its bells are told in."""
        return ZoneInfo(self.timezone)

    def moment(self, day: date, local: time) -> datetime:
        """The moment, in UTC, of a local time of ``day``."""
        return datetime.combine(day, local, self.zone).astimezone(UTC)

    def device(self, device: str) -> Device:
        """The device of that id; raises KeyError for none."""
        for known in self.devices:
            if known.id == device:
                return known
        raise KeyError(device)
