"""The leave of a class as its teacher sees it: what waits for a word, what runs, what is to come, what was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from attendance.leave import requests
from attendance.leave.follow_ups import kept_of
from attendance.leave.requests import Request, State, Symptom, Wish
from attendance.tables import leave_kinds, leave_requests, students
from campus import changes
from campus.changes import Change
from dashboards.access.accounts import Account
from dashboards.views.classes import must_own, own_classes
from dashboards.views.people import account_names

# Kinds that every school knows; a school adds its own in `leave_kinds`.
KINDS = ("personal", "sick", "official")
GUARDIAN = "guardian:"


class Pupil(msgspec.Struct, frozen=True, kw_only=True):
    """A student one can ask for."""

    id: str
    name: str


class LeaveLine(msgspec.Struct, frozen=True, kw_only=True):
    """A request for leave; people by their names.

    ``phase`` is what a teacher sorts by: ``waits`` for a decision, ``runs`` now, ``comes`` later, or is ``over``.
    ``guardian`` when it was a guardian who asked and ``asked_by`` who wrote it down; ``own`` when the reader asked and
    somebody else must decide.
    """

    id: str
    student: str
    name: str
    starts: datetime
    ends: datetime
    kind: str
    note: str
    symptom: Symptom | None
    weekdays: tuple[int, ...]
    state: State
    phase: str
    guardian: bool
    own: bool
    asked_by: str
    asked_at: datetime
    decided_by: str
    decided_at: datetime | None
    words: str
    returned_at: datetime | None


class ClassChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A class one can turn to, and how many requests wait in it."""

    id: str
    title: str
    waiting: int


class ClassWaits(msgspec.Struct, frozen=True, kw_only=True):
    """How many requests wait in a class."""

    waiting: int


class ToldDoctor(msgspec.Struct, frozen=True, kw_only=True):
    """Something of this class that the school doctor was asked to look at and has not closed."""

    why: str
    symptom: str
    students: int
    opened_at: datetime


class ClassLeave(msgspec.Struct, frozen=True, kw_only=True):
    """The leave of one class: requests, the waiting ones first, and what a new request can say.

    ``seen`` is the newest change it holds.
    """

    seen: int
    now: datetime
    today: date
    class_id: str
    class_title: str
    lines: tuple[LeaveLine, ...]
    students: tuple[Pupil, ...]
    kinds: tuple[str, ...]
    classes: tuple[ClassChoice, ...]
    follow_ups: tuple[ToldDoctor, ...]


_PHASES = ("waits", "runs", "comes", "over")


def phase_of(asked: Request, now: datetime) -> str:
    """How far a request is at ``now``. Pure."""
    if asked.state == "asked":
        return "waits"
    if asked.state != "approved" or asked.returned_at is not None or asked.ends <= now:
        return "over"
    return "runs" if asked.starts <= now else "comes"


def leave_of(conn: sa.Connection, account: Account, class_id: str, now: datetime, zone: ZoneInfo) -> ClassLeave:
    """The leave of one of the account's own classes. Raises `NotFound` for any other."""
    seen, own = changes.last_id(conn), must_own(conn, account, class_id)
    query = sa.select(students.c.id, students.c.name).where(
        students.c.school == account.school, students.c.class_id == class_id, students.c.active
    )
    pupils = [Pupil(id=row.id, name=row.name) for row in conn.execute(query.order_by(students.c.name))]
    found = [line_of(conn, account, one, now) for one in requests.requests_of_class(conn, account.school, class_id)]
    found.sort(key=_order)
    said = sa.select(leave_kinds.c.kind).where(leave_kinds.c.school == account.school)
    return ClassLeave(
        seen=seen,
        now=now,
        today=now.astimezone(zone).date(),
        class_id=class_id,
        class_title=own.title,
        lines=tuple(found),
        students=tuple(pupils),
        kinds=tuple(dict.fromkeys((*KINDS, *sorted(conn.execute(said).scalars())))),
        classes=tuple(choices(conn, account)),
        follow_ups=tuple(_told_doctor(conn, account.school, class_id, now)),
    )


def _told_doctor(conn: sa.Connection, school: str, class_id: str, now: datetime) -> list[ToldDoctor]:
    return [
        ToldDoctor(why=one.why, symptom=one.symptom, students=len(one.students), opened_at=one.opened_at)
        for one in kept_of(conn, school, now)
        if one.class_id == class_id and one.closed_at is None
    ]


def choices(conn: sa.Connection, account: Account) -> list[ClassChoice]:
    """The account's own classes, each with how many requests wait in it."""
    waiting = _waiting(conn, account.school)
    return [
        ClassChoice(id=one.id, title=one.title, waiting=waiting.get(one.id, 0)) for one in own_classes(conn, account)
    ]


def choices_changed(conn: sa.Connection, school: str, found: Sequence[Change]) -> Mapping[str, msgspec.Struct]:
    """How many requests wait in the classes of changes, for the pages that are open: a number, no student."""
    waiting = _waiting(conn, school)
    return {change.key: ClassWaits(waiting=waiting.get(change.key, 0)) for change in found}


def _waiting(conn: sa.Connection, school: str) -> dict[str, int]:
    same = sa.and_(students.c.school == leave_requests.c.school, students.c.id == leave_requests.c.student)
    query = (
        sa.select(students.c.class_id, sa.func.count().label("number"))
        .join_from(leave_requests, students, same)
        .where(leave_requests.c.school == school, leave_requests.c.state == "asked")
        .group_by(students.c.class_id)
    )
    return {row.class_id: row.number for row in conn.execute(query)}


def _order(line: LeaveLine) -> tuple[int, float]:
    """What waits first; what is over last and the newest of it first."""
    starts = line.starts.timestamp()
    return _PHASES.index(line.phase), -starts if line.phase == "over" else starts


def line_of(conn: sa.Connection, account: Account, asked: Request, now: datetime) -> LeaveLine:
    """One request with names in place of account ids."""
    names = account_names(conn, account.school)
    guardian = asked.asked_by.startswith(GUARDIAN)
    writer = asked.asked_by.removeprefix(GUARDIAN)
    pupil = sa.select(students.c.name).where(students.c.school == asked.school, students.c.id == asked.student)
    cells = {name: getattr(asked, name) for name in LeaveLine.__struct_fields__ if hasattr(asked, name)}
    cells |= {"asked_by": names.get(writer, writer), "decided_by": names.get(asked.decided_by, asked.decided_by)}
    return LeaveLine(
        **cells,
        name=str(conn.execute(pupil).scalar() or asked.student),
        phase=phase_of(asked, now),
        guardian=guardian,
        own=writer == account.id and not guardian,
    )


def wish_of(student: str, days: tuple[date, date], hours: tuple[str, str], zone: ZoneInfo, **said: object) -> Wish:
    """A wish from local days and times of day (``HH:MM``); the last minute counts to its end."""
    (first, last), (begins, ends) = days, hours
    starts = datetime.combine(first, time.fromisoformat(begins), zone).astimezone(UTC)
    until = datetime.combine(last, time.fromisoformat(ends), zone).astimezone(UTC)
    return Wish(student=student, starts=starts, ends=until, **said)  # type: ignore[arg-type]
