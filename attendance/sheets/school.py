"""Imports of the sheets a school keeps beside its roster: bells, timetable, calendar, leave, credentials."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from attendance import tables
from attendance.calendar.schoolday import BELL_KINDS, HOLIDAY
from attendance.leave.leave import grant
from attendance.policy import LeaveSpan
from attendance.register import tables as register_tables
from attendance.sessions.due import look_again, plan_again
from attendance.sheets.rows import Once, Row, sheet
from campus.errors import ImportFileError

_CREDENTIAL = re.compile(r"[0-9a-f]{32}")


def import_bells(conn: sa.Connection, school: str, path: Path) -> int:
    """Replace the bells of ``school`` by those of bells.csv; return how many. Raises `ImportFileError`.

    Columns: day_type, period, kind, name, name_en, start, end, closes (arrivals only).
    """
    once, rows = Once(), []
    for row in sheet(path, "day_type", "period", "kind", "name", "start", "end"):
        bell = _bell(row)
        once.check(row, (bell["day_type"], bell["period"]), f"period {bell['period']!r} of {bell['day_type']!r} days")
        if bell["kind"] == "arrival":
            once.check(row, ("arrival", bell["day_type"]), f"an arrival of {bell['day_type']!r} days")
        rows.append({"school": school, **bell})
    if not rows:
        raise ImportFileError(path.name, 1, "holds no bells; a school without bells has no sessions")
    _replace(conn, tables.bells, school, rows)
    plan_again(conn, school)
    return len(rows)


def _bell(row: Row) -> dict[str, Any]:
    kind = row.one_of("kind", BELL_KINDS)
    starts, ends = row.minute("start"), row.minute("end")
    if ends <= starts:
        raise row.wrong(f"end {row.need('end')} is not after start {row.need('start')}")
    closes = row.minute("closes") if row.maybe("closes") else None
    if closes is not None and closes < ends:
        raise row.wrong(f"closes {row.need('closes')} is before end {row.need('end')}: nobody could be late")
    name = row.need("name")
    return {
        "day_type": row.need("day_type", longest=32),
        "period": row.need("period", longest=32),
        "kind": kind,
        "name": name,
        "name_en": row.maybe("name_en") or name,
        "starts": starts,
        "ends": ends,
        "closes": closes,
    }


def import_timetable(conn: sa.Connection, school: str, path: Path) -> int:
    """Replace the timetable of ``school`` by that of timetable.csv; return how many lessons. Raises `ImportFileError`.

    Columns: class, weekday (1 Monday to 7 Sunday), period, subject, teacher, room, and optionally weeks (A or B; empty:
    every week). Import roster and bells before.
    """
    classes = ids_of(conn, tables.classes.c.id, school)
    teachers = ids_of(conn, tables.teachers.c.id, school)
    periods = ids_of(conn, tables.bells.c.period, school)
    once, rows = Once(), []
    for row in sheet(path, "class", "weekday", "period", "subject"):
        class_id, period, teacher = row.need("class"), row.need("period"), row.maybe("teacher")
        weekday = row.whole("weekday", 1, 7)
        must_be_known(row, "class", class_id, classes, "the roster")
        must_be_known(row, "period", period, periods, "the bells")
        if teacher:
            must_be_known(row, "teacher", teacher, teachers, "the roster")
        weeks = row.one_of("weeks", ("A", "B")) if row.maybe("weeks") else ""
        for letter in (weeks,) if weeks else ("A", "B"):
            what = f"class {class_id!r} on weekday {weekday} in {period!r}"
            once.check(row, (class_id, weekday, period, letter), what)
        rows.append(
            {
                "school": school,
                "class_id": class_id,
                "weekday": weekday,
                "period": period,
                "weeks": weeks,
                "subject": row.need("subject"),
                "teacher": teacher or None,
                "room": row.maybe("room") or None,
            }
        )
    _replace(conn, tables.timetable, school, rows)
    plan_again(conn, school)
    return len(rows)


def import_calendar(conn: sa.Connection, school: str, path: Path) -> int:
    """Replace the calendar of ``school`` by that of calendar.csv; return how many days. Raises `ImportFileError`.

    Columns: date, day_type, name, and optionally follows (the weekday 1-7 whose timetable a make-up day follows).
    """
    day_types = {*ids_of(conn, tables.bells.c.day_type, school), HOLIDAY, "school", "makeup", "exam"}
    once, rows = Once(), []
    for row in sheet(path, "date", "day_type"):
        day, day_type = row.day("date"), row.need("day_type", longest=32)
        once.check(row, day, f"the date {day}")
        must_be_known(row, "day_type", day_type, day_types, "the bells")
        follows = row.whole("follows", 1, 7) if row.maybe("follows") else None
        said = {"school": school, "said_by": "school", "day": day, "follows": follows}
        rows.append({**said, "day_type": day_type, "name": row.maybe("name")})
    own = (tables.calendar_days.c.school == school, tables.calendar_days.c.said_by == "school")
    conn.execute(tables.calendar_days.delete().where(*own))
    if rows:
        conn.execute(tables.calendar_days.insert(), rows)
    plan_again(conn, school)
    return len(rows)


def import_leave(conn: sa.Connection, school: str, path: Path, zone: ZoneInfo) -> int:
    """Add the approved leaves of leave.csv (or correct their end and kind); return how many. Raises `ImportFileError`.

    Columns: student, from, to (local date-times in ``zone``, as 2026-09-07T10:00), kind, approved_by. Marks that the
    leave changes are decided again.
    """
    students = ids_of(conn, tables.students.c.id, school)
    once, leaves = Once(), []
    for row in sheet(path, "student", "from", "to", "kind"):
        student = row.need("student")
        must_be_known(row, "student", student, students, "the roster")
        starts, ends = _wall(row, "from", zone), _wall(row, "to", zone)
        if ends <= starts:
            raise row.wrong("'to' is not after 'from'")
        once.check(row, (student, starts), f"leave of {student!r} from {row.need('from')}")
        leaves.append((student, LeaveSpan(starts, ends, row.need("kind", longest=32)), row.maybe("approved_by")))
    grant(conn, school, leaves)
    return len(leaves)


def import_credentials(conn: sa.Connection, school: str, path: Path) -> int:
    """Replace the cards of ``school`` by those of credentials.csv; return how many. Raises `ImportFileError`.

    Columns: student, credential (32 hexadecimal digits, see `campus.credentials`). Passes that were nobody's are
    claimed for the students whose cards are now known.
    """
    students = ids_of(conn, tables.students.c.id, school)
    once, rows = Once(), []
    for row in sheet(path, "student", "credential"):
        student, credential = row.need("student"), row.need("credential").lower()
        must_be_known(row, "student", student, students, "the roster")
        if not _CREDENTIAL.fullmatch(credential):
            raise row.wrong("credential is not 32 hexadecimal digits; import keyed hashes, never card numbers")
        once.check(row, credential, "this credential")
        rows.append({"school": school, "credential": credential, "student": student})
    _replace(conn, tables.credentials, school, rows)
    _claim_passes(conn, school)
    return len(rows)


def _claim_passes(conn: sa.Connection, school: str) -> None:
    passes, cards = register_tables.passes, tables.credentials
    owner = (
        sa.select(cards.c.student)
        .where(cards.c.school == passes.c.school, cards.c.credential == passes.c.credential)
        .scalar_subquery()
    )
    nobodys = (passes.c.school == school, passes.c.student.is_(None))
    span = sa.select(sa.func.min(passes.c.at), sa.func.max(passes.c.at)).where(*nobodys, owner.isnot(None))
    first, last = conn.execute(span).one()
    if first is not None:
        conn.execute(passes.update().where(*nobodys, owner.isnot(None)).values(student=owner))
        look_again(conn, school, first, last + timedelta(days=1))  # the day's later sessions depend on them


def ids_of(conn: sa.Connection, column: sa.Column[str], school: str) -> set[str]:
    """The distinct values of a column of one of the school's tables; of people and classes the active ones."""
    query = sa.select(column).distinct().where(column.table.c.school == school)
    if "active" in column.table.c:
        query = query.where(column.table.c.active)
    return set(conn.execute(query).scalars())


def must_be_known(row: Row, column: str, value: str, known: Iterable[str], where: str) -> None:
    """Raise, naming the line, when ``value`` is none of ``known``."""
    if value not in known:
        raise row.wrong(f"{column} {value!r} is not in {where}")


def _wall(row: Row, name: str, zone: ZoneInfo) -> datetime:
    value = row.need(name)
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        raise row.wrong(f"{name} {value!r} is not a date and time; write it as 2026-09-07T10:00") from None
    return parsed.replace(tzinfo=zone) if parsed.tzinfo is None else parsed


def _replace(conn: sa.Connection, table: sa.Table, school: str, rows: Sequence[dict[str, Any]]) -> None:
    conn.execute(table.delete().where(table.c.school == school))
    if rows:
        conn.execute(table.insert(), list(rows))
