"""Alarms as the security console shows them: the list, one alarm whole, rows for the live stream."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from alerts.life import queries
from alerts.life.lifecycle import Action, step
from alerts.life.queries import AlarmDetail, AlarmRow, AlarmStep
from alerts.rules.rule import Bilingual
from attendance import queries as attendance
from attendance.rollbook import RollBook, SiteCount
from campus import changes
from campus.changes import Change
from campus.errors import NotFound
from dashboards.views.handing import named_note
from dashboards.views.people import account_names
from dashboards.views.site import Plan, on_site, plan

RECENT = 30
_GIVING: tuple[Action, ...] = ("assign", "hand_over")  # their notes begin with an account
_PEOPLES_ACTIONS: tuple[Action, ...] = ("acknowledge", "comment", "resolve", "shelve", "unshelve", "assign")


class AlarmList(msgspec.Struct, frozen=True, kw_only=True):
    """Open alarms, worst first, and the ones closed last; ``seen`` is the newest change they hold."""

    seen: int
    now: datetime
    open: tuple[AlarmRow, ...]
    closed: tuple[AlarmRow, ...]
    site: SiteCount


class Console(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the security console needs for its first picture."""

    alarms: AlarmList
    plan: Plan
    classes: Mapping[str, str]  # class id -> title


class Student(msgspec.Struct, frozen=True, kw_only=True):
    """The student an alarm is about, and where last seen; reading it is logged."""

    id: str
    name: str
    class_title: str
    site: str
    seen_at: datetime | None
    place: str | None


class Lesson(msgspec.Struct, frozen=True, kw_only=True):
    """What the class has now, and who teaches it there."""

    subject: str
    room: str | None
    end: datetime


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """One alarm whole. ``can`` are the steps a person may take now; runbook lines are in order."""

    alarm: AlarmRow
    runbook_zh: tuple[str, ...]
    runbook_en: tuple[str, ...]
    why: str
    source: str
    detail: AlarmDetail
    student: Student | None
    lesson: Lesson | None
    can: tuple[Action, ...]


def is_about_a_student(row: AlarmRow) -> bool:
    """Whether the subject of an alarm is a student rather than a device."""
    return row.class_id is not None and row.subject != row.device


def console(conn: sa.Connection, school: str, zone: ZoneInfo, now: datetime) -> Console:
    """The first picture of the security console."""
    titles = {one.id: one.title for one in attendance.classes(conn, school)}
    return Console(alarms=alarm_list(conn, school, zone, now), plan=plan(conn, school, now), classes=titles)


def alarm_list(conn: sa.Connection, school: str, zone: ZoneInfo, now: datetime) -> AlarmList:
    """The open alarms, the ones closed last, and how many are on site."""
    seen = changes.last_id(conn)
    names = account_names(conn, school)
    closed = [row for row in queries.recent(conn, school, limit=2 * RECENT) if row.state == "closed"]
    return AlarmList(
        seen=seen,
        now=now,
        open=_named(queries.open_alarms(conn, school), names),
        closed=_named(closed[:RECENT], names),
        site=on_site(conn, school, zone, now).total,
    )


def alarm(conn: sa.Connection, school: str, alarm_id: str, zone: ZoneInfo, now: datetime) -> Alarm:
    """One alarm whole; raises `NotFound`."""
    found = queries.alarm(conn, school, alarm_id)
    names = account_names(conn, school)
    steps = tuple(_step(one, names) for one in found.steps)
    who = tuple(names.get(account, account) for account in found.who)
    row = _named([found.alarm], names)[0]
    return Alarm(
        alarm=row,
        runbook_zh=_lines(found.runbook, "zh"),
        runbook_en=_lines(found.runbook, "en"),
        why=found.why,
        source=found.source,
        detail=msgspec.structs.replace(found, alarm=row, steps=steps, who=who),
        student=_student(conn, row) if is_about_a_student(row) else None,
        lesson=_lesson(conn, row, zone, now),
        can=tuple(action for action in _PEOPLES_ACTIONS if _possible(row, action)),
    )


def rows_changed(conn: sa.Connection, school: str, found: Sequence[Change]) -> Mapping[str, AlarmRow]:
    """The alarms that changes are about, by id."""
    names = account_names(conn, school)
    rows: dict[str, AlarmRow] = {}
    for alarm_id in {change.key for change in found}:
        try:
            rows[alarm_id] = _named([queries.alarm(conn, school, alarm_id).alarm], names)[0]
        except NotFound:
            continue
    return rows


def _named(rows: Iterable[AlarmRow], names: Mapping[str, str]) -> tuple[AlarmRow, ...]:
    return tuple(
        msgspec.structs.replace(
            row,
            acknowledged_by=names.get(row.acknowledged_by or "", row.acknowledged_by),
            assigned_to=names.get(row.assigned_to or "", row.assigned_to),
        )
        for row in rows
    )


def _step(found: AlarmStep, names: Mapping[str, str]) -> AlarmStep:
    note = named_note(found.note, names) if found.action in _GIVING else found.note
    return msgspec.structs.replace(found, by=names.get(found.by, found.by), note=note)


def _lines(text: Bilingual, language: str) -> tuple[str, ...]:
    """The steps of a runbook without the numbers a person typed before them: the console counts by itself."""
    lines = str(getattr(text, language)).splitlines()
    return tuple(line.strip().lstrip("0123456789").removeprefix(".").strip() for line in lines if line.strip())


def _possible(row: AlarmRow, action: Action) -> bool:
    return hasattr(step(row.state, action, active=row.active), "new")


def _student(conn: sa.Connection, row: AlarmRow) -> Student | None:
    try:
        found = attendance.student(conn, row.school, row.subject)
    except NotFound:
        return None
    return Student(
        id=found.id,
        name=found.name,
        class_title=found.class_title or "",
        site=found.site,
        seen_at=found.seen_at,
        place=found.place,
    )


def _lesson(conn: sa.Connection, row: AlarmRow, zone: ZoneInfo, now: datetime) -> Lesson | None:
    """The lesson of the student, who may be in a teaching group, or of the class, that the alarm is about."""
    class_id = row.class_id or (row.expected_classes[0] if len(row.expected_classes) == 1 else None)
    book = RollBook(zone)
    found = book.in_groups_now(conn, row.school, now).get(row.subject) if is_about_a_student(row) else None
    if found is None and class_id:
        found = book.lesson_now(conn, row.school, class_id, now)
    return Lesson(subject=found.subject, room=found.room, end=found.end) if found else None
