"""The roll of any session, with whoever belongs to it: a teaching group's, a lab's, a dormitory's too."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from attendance import tables
from attendance.policy import Evidence, Status
from attendance.register import tables as register_tables
from attendance.register.statuses import URGENCY
from attendance.sessions.due import Session, session_of
from attendance.sessions.pupils import pupils_of
from campus.errors import NotFound


class SessionLine(msgspec.Struct, frozen=True, kw_only=True):
    """One student's mark in a session; ``status`` is None while nothing is known."""

    student: str
    name: str
    status: Status | None
    why: str
    evidence: Evidence
    by: str
    reason: str
    held: bool
    history: int


def session_roll(conn: sa.Connection, session_id: str) -> list[SessionLine]:
    """The roll of one session, exceptions first. Raises `NotFound`.

    On it is who belongs to it now, and who has a mark in it from before leaving the class.
    """
    session = _session(conn, session_id)
    members = pupils_of(conn, [session])[session_id]
    lines = [_line(found) for found in conn.execute(_roll_query(session.school, session_id, members))]
    return sorted(lines, key=lambda line: (URGENCY[line.status], line.name, line.student))


def members_of(conn: sa.Connection, session_id: str) -> list[str]:
    """The active students whom a session is for. Raises `NotFound`."""
    return pupils_of(conn, [_session(conn, session_id)])[session_id]


def _session(conn: sa.Connection, session_id: str) -> Session:
    row = conn.execute(sa.select(register_tables.sessions).where(register_tables.sessions.c.id == session_id)).first()
    if row is None:
        raise NotFound(f"there is no session {session_id!r}")
    return session_of(row)


def _roll_query(school: str, session: str, members: list[str]) -> sa.Select[tuple[object, ...]]:
    students, roll, marks = tables.students, register_tables.roll, register_tables.marks
    on_roll = sa.and_(roll.c.session == session, roll.c.student == students.c.id)
    current = sa.and_(
        marks.c.session == roll.c.session, marks.c.student == roll.c.student, marks.c.number == roll.c.number
    )
    columns = [marks.c[name] for name in ("status", "why", "evidence", "by", "reason", "number")]
    return (
        sa.select(students.c.id, students.c.name, roll.c.held, *columns)
        .select_from(students)
        .outerjoin(roll, on_roll)
        .outerjoin(marks, current)
        .where(students.c.school == school, sa.or_(students.c.id.in_(members), roll.c.student.isnot(None)))
    )


def _line(row: sa.Row[tuple[object, ...]]) -> SessionLine:
    cells = row._mapping
    return SessionLine(
        student=cells["id"],
        name=cells["name"],
        status=cells["status"],
        why=cells["why"] or "open",
        evidence=cells["evidence"] or {},
        by=cells["by"] or "",
        reason=cells["reason"] or "",
        held=bool(cells["held"]),
        history=cells["number"] or 0,
    )
