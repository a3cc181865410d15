"""Imports of the sheets that say which sessions are taken: sessions, readers, boarders, leave kinds, statuses."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from attendance import tables
from attendance.evidence.sightings import SCOPES
from attendance.policy import STATUSES
from attendance.sessions.due import plan_again
from attendance.sessions.rules import DEFAULTS, SESSION_KINDS
from attendance.sheets.rows import Once, Row, sheet

_MINUTES = ("before", "grace", "closes", "early")
_TAKEN = {"yes": True, "no": False}
# What leave can be marked as.
_EXCUSES = ("on_leave", "sick", "official", "suspended", "not_required")


def import_sessions(conn: sa.Connection, school: str, path: Path) -> int:
    """Replace which kinds of sessions ``school`` takes by sessions.csv; return how many rows. Raises `ImportFileError`.

    Columns: kind, taken (yes or no), and optionally before, grace, closes, early: minutes about the bell, the defaults
    of `attendance.sessions.rules` where a cell is empty.
    """
    once, rows = Once(), []
    for row in sheet(path, "kind", "taken"):
        kind = row.one_of("kind", SESSION_KINDS)
        once.check(row, kind, f"the kind {kind!r}")
        minutes = {name: _minutes(row, name, getattr(DEFAULTS[kind], name)) for name in _MINUTES}
        if minutes["closes"] < minutes["grace"] and kind not in ("arrival", "dismissal"):
            raise row.wrong("closes is before grace ends: nobody could be late")
        rows.append({"school": school, "kind": kind, "taken": _TAKEN[row.one_of("taken", tuple(_TAKEN))], **minutes})
    _replace(conn, tables.session_rules, school, rows)
    plan_again(conn, school)
    return len(rows)


def _minutes(row: Row, name: str, default: int) -> int:
    return row.whole(name, 0, 240) if row.maybe(name) else default


def import_readers(conn: sa.Connection, school: str, path: Path) -> int:
    """Replace the readers inside the site by readers.csv; return how many. Raises `ImportFileError`.

    Columns: device, scope (dormitory, room or seat), place. A gate that is not listed is a gate of the site.
    """
    once, rows = Once(), []
    for row in sheet(path, "device", "scope", "place"):
        device = row.need("device", longest=64)
        once.check(row, device, f"the device {device!r}")
        scope, place = row.one_of("scope", SCOPES), row.maybe("place", longest=64) or None
        if place is None and scope != "dormitory":
            raise row.wrong(f"a reader of scope {scope!r} needs the place whose sessions it sees")
        rows.append({"school": school, "device": device, "scope": scope, "place": place})
    _replace(conn, tables.readers, school, rows)
    plan_again(conn, school)
    return len(rows)


def import_boarders(conn: sa.Connection, school: str, path: Path) -> int:
    """Replace who sleeps where by boarders.csv; return how many. Raises `ImportFileError`.

    Columns: student, place, bed (may be empty).
    """
    query = sa.select(tables.students.c.id).where(tables.students.c.school == school, tables.students.c.active)
    known = set(conn.execute(query).scalars())
    once, rows = Once(), []
    for row in sheet(path, "student", "place"):
        student = row.need("student")
        _known(row, student, known)
        once.check(row, student, f"student {student!r}")
        place = row.need("place", longest=64)
        rows.append({"school": school, "student": student, "place": place, "bed": row.maybe("bed", longest=32)})
    _replace(conn, tables.boarders, school, rows)
    plan_again(conn, school)
    return len(rows)


def import_leave_kinds(conn: sa.Connection, school: str, path: Path) -> int:
    """Replace what kinds of leave are marked as by leave_kinds.csv; return how many. Raises `ImportFileError`.

    Columns: kind (as in leave.csv), status. A kind that is not listed is marked on_leave.
    """
    once, rows = Once(), []
    for row in sheet(path, "kind", "status"):
        kind = row.need("kind", longest=32)
        once.check(row, kind, f"the kind {kind!r}")
        rows.append({"school": school, "kind": kind, "status": row.one_of("status", _EXCUSES)})
    _replace(conn, tables.leave_kinds, school, rows)
    return len(rows)


def import_statuses(conn: sa.Connection, school: str, path: Path) -> int:
    """Replace the school's own names of statuses by statuses.csv; return how many. Raises `ImportFileError`.

    Columns: status, code, name, name_en. Statuses that are not listed keep the platform's names.
    """
    once, rows = Once(), []
    for row in sheet(path, "status", "code", "name"):
        status, code = row.one_of("status", STATUSES), row.need("code", longest=8)
        once.check(row, status, f"the status {status!r}")
        once.check(row, ("code", code), f"the code {code!r}")
        name = row.need("name", longest=64)
        names = {"name": name, "name_en": row.maybe("name_en", longest=64) or name}
        rows.append({"school": school, "status": status, "code": code, **names})
    _replace(conn, tables.status_names, school, rows)
    return len(rows)


def _known(row: Row, student: str, known: Collection[str]) -> None:
    if student not in known:
        raise row.wrong(f"student {student!r} is not in the roster")


def _replace(conn: sa.Connection, table: sa.Table, school: str, rows: list[dict[str, Any]]) -> None:
    conn.execute(table.delete().where(table.c.school == school))
    if rows:
        conn.execute(table.insert(), rows)
