"""What a roster says: schools, classes, people, guardians and who belongs where, as values that hold together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

STUDENT = "student"


class SchoolRow(msgspec.Struct, frozen=True):
    """A school as its roster names it."""

    id: str
    name: str


class TermRow(msgspec.Struct, frozen=True, kw_only=True):
    """An academic session: a term, semester, school year or grading period; ``ends`` is its last day."""

    id: str
    title: str
    kind: str
    starts: date
    ends: date


class ClassRow(msgspec.Struct, frozen=True, kw_only=True):
    """A home class (``homeroom``) or a teaching group (``scheduled``); ``room`` is a place id."""

    id: str
    school: str
    title: str
    grade: str = ""
    kind: str = "scheduled"
    room: str | None = None


class PersonRow(msgspec.Struct, frozen=True, kw_only=True):
    """A student or a member of staff and the schools it belongs to."""

    id: str
    schools: tuple[str, ...]
    name: str
    role: str  # student | teacher
    grade: str = ""


class GuardianRow(msgspec.Struct, frozen=True, kw_only=True):
    """A guardian, with what a message needs."""

    id: str
    name: str
    phone: str = ""
    email: str = ""


class KinRow(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody is a student's guardian."""

    student: str
    guardian: str
    relation: str = "guardian"


class EnrolmentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A person's place in a class, from its first day until the day before ``ends`` (OneRoster counts so)."""

    class_id: str
    person: str
    role: str  # student | teacher
    is_primary: bool = False
    begins: date | None = None
    ends: date | None = None
    source: str | None = None

    def holds_on(self, day: date) -> bool:
        """Whether it holds on ``day``."""
        return (self.begins is None or self.begins <= day) and (self.ends is None or day < self.ends)


class Roster(msgspec.Struct, frozen=True, kw_only=True):
    """A whole roster, or one school's part of it; every class, school and person that is named exists.

    None for what an export says nothing about: what is stored of it stays as it is.
    """

    schools: tuple[SchoolRow, ...]
    classes: tuple[ClassRow, ...]
    people: tuple[PersonRow, ...]
    enrolments: tuple[EnrolmentRow, ...]
    terms: tuple[TermRow, ...] | None = None
    guardians: tuple[GuardianRow, ...] | None = None
    kin: tuple[KinRow, ...] | None = None

    def of_school(self, school: str) -> Roster:
        """The part of ``school``: its classes, whoever is enrolled in them, and the people it names as its own."""
        classes = tuple(one for one in self.classes if one.school == school)
        ids = {one.id for one in classes}
        enrolments = tuple(one for one in self.enrolments if one.class_id in ids)
        persons = {one.person for one in enrolments}
        people = tuple(one for one in self.people if school in one.schools or one.id in persons)
        kin = guardians = None
        if self.kin is not None and self.guardians is not None:
            students = {one.id for one in people if one.role == STUDENT}
            kin = tuple(one for one in self.kin if one.student in students)
            named = {one.guardian for one in kin}
            guardians = tuple(one for one in self.guardians if one.id in named)
        return msgspec.structs.replace(
            self,
            schools=tuple(one for one in self.schools if one.id == school),
            classes=classes,
            people=people,
            enrolments=enrolments,
            kin=kin,
            guardians=guardians,
        )


class RosterChange(msgspec.Struct, frozen=True):
    """One difference between a roster and what is stored: a thing, its key and the fields that differ."""

    kind: str  # term | class | student | teacher | guardian | relation | enrolment
    key: tuple[str, ...]  # its id; class, role and person of an enrolment
    fields: tuple[str, ...] = ()


class RosterDiff(msgspec.Struct, frozen=True):
    """What applying a roster would do, or did; ids only, so that it can be logged."""

    added: tuple[RosterChange, ...] = ()
    changed: tuple[RosterChange, ...] = ()
    removed: tuple[RosterChange, ...] = ()

    def counts(self, kind: str) -> tuple[int, int, int]:
        """How many things of a kind are added, changed and removed."""
        added, changed, removed = (
            sum(1 for one in part if one.kind == kind) for part in (self.added, self.changed, self.removed)
        )
        return added, changed, removed


def home_classes(classes: Iterable[ClassRow], enrolments: Iterable[EnrolmentRow], day: date) -> Mapping[str, str]:
    """The home class of each student on ``day``: a homeroom before a teaching group, a primary enrolment before others.

    Rosters that know no homerooms (School Data Sync) give the first class by id.
    """
    kinds = {one.id: one.kind for one in classes}
    best: dict[str, tuple[bool, bool, str]] = {}
    for one in enrolments:
        if one.role == STUDENT and one.holds_on(day):
            rank = (kinds[one.class_id] != "homeroom", not one.is_primary, one.class_id)
            best[one.person] = min(best.get(one.person, rank), rank)
    return {student: rank[2] for student, rank in best.items()}


def full_name(family: str, given: str) -> str:
    """A name as its language writes it: family name first and no blank in Chinese, given name first otherwise."""
    if not (family and given):
        return family or given
    return f"{given} {family}" if (family + given).isascii() else f"{family}{given}"
