"""What a roster says: schools, classes, people and who belongs where, as values that hold together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from attendance.sheets import Row


class SchoolRow(msgspec.Struct, frozen=True):
    """A school as its roster names it."""

    id: str
    name: str


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


class EnrolmentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A person's place in a class."""

    class_id: str
    person: str
    role: str  # student | teacher
    is_primary: bool = False


class Roster(msgspec.Struct, frozen=True, kw_only=True):
    """A whole roster, references checked: every class, school and person that is named exists."""

    schools: tuple[SchoolRow, ...]
    classes: tuple[ClassRow, ...]
    people: tuple[PersonRow, ...]
    enrolments: tuple[EnrolmentRow, ...]

    def of_school(self, school: str) -> Roster:
        """The part of ``school``: its classes, whoever is enrolled in them, and the people it names as its own."""
        classes = tuple(one for one in self.classes if one.school == school)
        ids = {one.id for one in classes}
        enrolments = tuple(one for one in self.enrolments if one.class_id in ids)
        persons = {one.person for one in enrolments}
        people = tuple(one for one in self.people if school in one.schools or one.id in persons)
        schools = tuple(one for one in self.schools if one.id == school)
        return Roster(schools=schools, classes=classes, people=people, enrolments=enrolments)


class RosterChange(msgspec.Struct, frozen=True):
    """One difference between a roster and what is stored: a thing, its key and the fields that differ."""

    kind: str  # class | student | teacher | enrolment
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


def home_classes(classes: Iterable[ClassRow], enrolments: Iterable[EnrolmentRow]) -> Mapping[str, str]:
    """The home class of each student: a homeroom before a teaching group, a primary enrolment before another.

    Rosters that know no homerooms (School Data Sync) give the first class by id.
    """
    kinds = {one.id: one.kind for one in classes}
    best: dict[str, tuple[bool, bool, str]] = {}
    for one in enrolments:
        if one.role == "student":
            rank = (kinds[one.class_id] != "homeroom", not one.is_primary, one.class_id)
            best[one.person] = min(best.get(one.person, rank), rank)
    return {student: rank[2] for student, rank in best.items()}


def check_enrolment(
    row: Row, class_id: str, person: str, classes: Mapping[str, ClassRow], people: Mapping[str, PersonRow]
) -> None:
    """Raise `ImportFileError` when an enrolment's ``row`` names a class or person that the roster does not have."""
    if class_id not in classes:
        raise row.wrong(f"class {class_id!r} is not among the classes")
    if person not in people:
        raise row.wrong(f"user {person!r} is not among the users")


def full_name(family: str, given: str) -> str:
    """A name as its language writes it: family name first and no blank in Chinese, given name first otherwise."""
    if not (family and given):
        return family or given
    return f"{given} {family}" if (family + given).isascii() else f"{family}{given}"
