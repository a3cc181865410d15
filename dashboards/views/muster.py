"""The muster of the incident that runs: by class, who is accounted for, who is not, and where last seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from alerts.incidents import incidents
from alerts.incidents.after_action import AfterAction, after_action, safe_at
from alerts.incidents.incidents import Before, Incident, MusterLine, Person
from attendance import queries as attendance
from attendance.rollbook import Lesson, RollBook
from attendance.site.whereabouts import Whereabouts, whereabouts
from campus import changes
from dashboards.access.accounts import Account
from dashboards.views.classes import own_classes
from dashboards.views.people import account_names

_RANK = {"missing": 0, "open": 1, "away": 2, "left": 3, "seen": 4}


class MusterStudent(msgspec.Struct, frozen=True, kw_only=True):
    """A student of the muster. ``state``: open, missing, seen, away, or ``left``: a gate saw the student go out since.

    ``before`` is what was known when the incident began; ``seen_at`` and ``place`` the last pass at a gate; ``room``
    and ``subject`` the lesson of a teaching group, for whom one has while the class is elsewhere.
    """

    id: str
    name: str
    state: str
    before: Before
    at: datetime | None
    by: str | None
    seen_at: datetime | None
    place: str | None
    room: str | None = None
    subject: str = ""


class MusterClass(msgspec.Struct, frozen=True, kw_only=True):
    """A class: how many are on the muster and accounted for, where it had its lesson, and its students.

    A guard is shown the students nobody has accounted for; a class teacher the whole own class.
    """

    id: str
    title: str
    total: int
    accounted: int
    missing: int
    room: str | None
    subject: str
    students: tuple[MusterStudent, ...]


class Muster(msgspec.Struct, frozen=True, kw_only=True):
    """What the muster page shows. Without an incident ``would_count`` says how many would be on its muster now."""

    seen: int
    now: datetime
    incident: Incident | None
    classes: tuple[MusterClass, ...]
    figures: AfterAction | None
    would_count: int
    past: tuple[Incident, ...]
    places: dict[str, tuple[str, str]]  # id -> name in Chinese and English
    titles: dict[str, str]  # of every class by id


def people_on_site(conn: sa.Connection, school: str) -> list[Person]:
    """Who has to be accounted for now: everybody who is in, and everybody of whom nobody knows."""
    return [_person(one) for one in whereabouts(conn, school) if one.state != "out"]


def _person(one: Whereabouts) -> Person:
    return Person(one.student, one.class_id, "in" if one.state == "in" else "unknown")


def muster(
    conn: sa.Connection, account: Account, zone: ZoneInfo, now: datetime, places: Mapping[str, tuple[str, str]]
) -> Muster:
    """The muster as ``account`` may see it: a teacher the own classes, a guard every class."""
    seen = changes.last_id(conn)
    titles = {one.id: one.title for one in attendance.classes(conn, account.school)}
    mine = {one.id for one in own_classes(conn, account)} if account.role == "teacher" else None
    book, incident = RollBook(zone), incidents.current(conn, account.school)
    groups = book.in_groups_now(conn, account.school, now) if incident else {}
    names = account_names(conn, account.school)
    known = {one.student: one for one in whereabouts(conn, account.school)}
    lines = incidents.lines(conn, incident.id) if incident else []
    left = left_since(incident, known.values())
    shown = [line for line in lines if mine is None or line.class_id in mine]
    return Muster(
        seen=seen,
        now=now,
        incident=_named(incident, names) if incident else None,
        classes=tuple(
            _class(book.lesson_now(conn, account.school, class_id, now), class_id, titles, members, mine is not None)
            for class_id, members in _by_class(shown, known, left, names, groups)
        ),
        figures=after_action(incident, shown, left) if incident else None,
        would_count=sum(one.state != "out" for one in known.values() if mine is None or one.class_id in mine),
        past=tuple(_named(one, names) for one in incidents.past(conn, account.school)),
        places=dict(places),
        titles=titles,
    )


def figures_of(conn: sa.Connection, school: str, incident_id: str) -> AfterAction:
    """The after-action figures of an incident; raises `NotFound`.

    For one that has ended, a pass out counts only up to its end: who went home afterwards was not evacuated.
    """
    found = incidents.incident(conn, school, incident_id)
    left = left_since(found, whereabouts(conn, school))
    return after_action(found, incidents.lines(conn, incident_id), left)


def left_since(incident: Incident | None, people: Iterable[Whereabouts]) -> dict[str, datetime]:
    """Who went out by a gate since the incident began, and when."""
    if incident is None:
        return {}
    until = incident.closed_at
    return {
        one.student: one.seen_at
        for one in people
        if one.state == "out"
        and one.seen_at is not None
        and one.seen_at >= incident.opened_at
        and (until is None or one.seen_at <= until)
    }


def _named(incident: Incident, names: Mapping[str, str]) -> Incident:
    return msgspec.structs.replace(
        incident,
        opened_by=names.get(incident.opened_by, incident.opened_by),
        closed_by=names.get(incident.closed_by or "", incident.closed_by),
    )


def _by_class(
    lines: Iterable[MusterLine],
    known: Mapping[str, Whereabouts],
    left: Mapping[str, datetime],
    names: Mapping[str, str],
    groups: Mapping[str, Lesson],
) -> list[tuple[str, list[MusterStudent]]]:
    """Students by class: the classes that look for somebody first, then those with most to be accounted for."""
    found: dict[str, list[MusterStudent]] = defaultdict(list)
    for line in lines:
        student = _student(line, known.get(line.student), left.get(line.student), names)
        if (lesson := groups.get(line.student)) is not None:
            student = msgspec.structs.replace(student, room=lesson.room, subject=lesson.subject)
        found[line.class_id].append(student)
    return sorted(found.items(), key=lambda one: (-_missing(one[1]), -len(_waiting(one[1])), one[0]))


def _waiting(members: Iterable[MusterStudent]) -> list[MusterStudent]:
    return [one for one in members if one.state in {"open", "missing"}]


def _missing(members: Iterable[MusterStudent]) -> int:
    return sum(one.state == "missing" for one in members)


def _class(
    lesson: Lesson | None, class_id: str, titles: Mapping[str, str], members: list[MusterStudent], everybody: bool
) -> MusterClass:
    waiting = _waiting(members)
    shown = members if everybody else waiting
    return MusterClass(
        id=class_id,
        title=titles.get(class_id, class_id),
        total=len(members),
        accounted=len(members) - len(waiting),
        missing=_missing(members),
        room=lesson.room if lesson else None,
        subject=lesson.subject if lesson else "",
        students=tuple(sorted(shown, key=lambda one: (_RANK[one.state], one.name))),
    )


def _student(
    line: MusterLine, person: Whereabouts | None, left_at: datetime | None, names: Mapping[str, str]
) -> MusterStudent:
    gone = line.state in {"open", "missing"} and safe_at(line, left_at) is not None
    return MusterStudent(
        id=line.student,
        name=person.name if person else line.student,
        state="left" if gone else line.state,
        before=line.before,
        at=left_at if gone else line.at,
        by=names.get(line.by or "", line.by),
        seen_at=person.seen_at if person else None,
        place=person.place if person else None,
    )
