"""What of students is forgotten when: movements, notes of leave, follow-ups; and everything but marks of who has left.

Marks stay: they are the register, they name a student by the roster's id alone, and a hash chain proves them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from attendance.guardians.tables import guardian_looks, guardian_notices
from attendance.leave.follow_up_tables import illness_follow_ups
from attendance.register.tables import passes, sightings, site_states
from attendance.roster.tables import guardian_links
from attendance.tables import boarders, credentials, enrolments, leave_requests, students
from campus.errors import NotFound
from campus.retention import forget_rows

NAMELESS = "—"
_AT_ONCE = 50  # students in one transaction
_PERSONAL = (
    credentials, passes, sightings, site_states, boarders, guardian_links, guardian_looks, guardian_notices,
)  # fmt: skip


def forget_passes(conn: sa.Connection, before: datetime, limit: int) -> int:
    """Passes of gates; what a mark rests on stands in the mark."""
    return forget_rows(conn, passes, passes.c.at < before, limit)


def forget_sightings(conn: sa.Connection, before: datetime, limit: int) -> int:
    """Cards presented inside the site."""
    return forget_rows(conn, sightings, sightings.c.at < before, limit)


def blank_leave(conn: sa.Connection, before: datetime, limit: int) -> int:
    """The words and the symptom of leave that is over; that there was leave stays."""
    said = sa.or_(leave_requests.c.note != "", leave_requests.c.words != "", leave_requests.c.symptom.is_not(None))
    some = sa.select(leave_requests.c.id).where(leave_requests.c.ends < before, said).limit(limit)
    these = leave_requests.c.id.in_(some.scalar_subquery())
    return conn.execute(leave_requests.update().where(these).values(note="", words="", symptom=None)).rowcount


def forget_follow_ups(conn: sa.Connection, before: datetime, limit: int) -> int:
    """What the school doctor followed up and closed."""
    return forget_rows(conn, illness_follow_ups, illness_follow_ups.c.closed_at < before, limit)


def note_who_left(conn: sa.Connection, now: datetime) -> None:
    """Remember since when students are not active; who came back is no longer one who left."""
    gone = sa.and_(students.c.active.is_(False), students.c.left_at.is_(None), students.c.erased_at.is_(None))
    conn.execute(students.update().where(gone).values(left_at=now))
    back = sa.and_(students.c.active.is_(True), students.c.left_at.is_not(None))
    conn.execute(students.update().where(back).values(left_at=None, erased_at=None))


def erase_who_left(conn: sa.Connection, before: datetime, limit: int) -> int:
    """Erase, as `erase` does, students who left before."""
    gone = sa.and_(students.c.left_at < before, students.c.erased_at.is_(None))
    found = conn.execute(sa.select(students.c.school, students.c.id).where(gone).limit(min(limit, _AT_ONCE))).all()
    for school, student in found:
        erase(conn, school, student, before)
    return len(found)


def erase(conn: sa.Connection, school: str, student: str, now: datetime) -> None:
    """Take away everything that tells who a student was or where: name, cards, movements, guardians' links, notes.

    Marks and leave stay under the roster's id. Raises `NotFound`, also for a student who is still active.
    """
    this = (students.c.school == school, students.c.id == student)
    row = conn.execute(sa.select(students.c.active).where(*this)).first()
    if row is None or row.active:
        raise NotFound(f"no student {student!r} who left; who is still on the roster is taken off it first")
    conn.execute(students.update().where(*this).values(name=NAMELESS, erased_at=now))
    for table in (
        credentials,
        passes,
        sightings,
        site_states,
        boarders,
        guardian_links,
        guardian_looks,
        guardian_notices,
    ):
        conn.execute(table.delete().where(table.c.school == school, table.c.student == student))
    conn.execute(enrolments.delete().where(enrolments.c.school == school, enrolments.c.person == student))
    mine = (leave_requests.c.school == school, leave_requests.c.student == student)
    conn.execute(leave_requests.update().where(*mine).values(note="", words="", symptom=None))


def export(conn: sa.Connection, school: str, student: str) -> dict[str, list[dict[str, Any]]]:
    """Every row that is about a student, by table: what guardians may ask for. Raises `NotFound`."""
    found: dict[str, list[dict[str, Any]]] = {}
    for table in sorted(students.metadata.tables.values(), key=lambda one: one.name):
        column = _whose(table)
        if column is not None:
            rows = conn.execute(sa.select(table).where(table.c.school == school, column == student)).mappings()
            found[table.name] = [dict(row) for row in rows]
    if not found["students"]:
        raise NotFound(f"no student {student!r} at {school!r}")
    return {name: rows for name, rows in found.items() if rows}


def _whose(table: sa.Table) -> sa.Column[Any] | None:
    """The column that names the student a row is about; None for a table that is about none."""
    if "school" not in table.c:
        return None
    if table is students:
        return table.c.id
    return table.c.person if table is enrolments else table.c.get("student")
