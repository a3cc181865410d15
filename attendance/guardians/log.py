"""What guardians were told, or not, and why: the log that the office and the class teacher read."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import msgspec
import sqlalchemy as sa

from attendance.guardians.tables import guardian_letters, guardian_notices
from attendance.roster.tables import guardians

MOST = 500


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """One notice and what became of it.

    ``state`` is held, waiting, queued, sent, failed, dropped or withdrawn; ``why`` a code for what was not sent;
    ``detail`` what the channel said; ``text`` the whole letter that it was in, empty for none.
    """

    id: str
    student: str
    guardian: str
    guardian_name: str
    kind: str
    status: str | None
    state: str
    why: str
    at: datetime
    made_at: datetime
    send_at: datetime | None
    sent_at: datetime | None
    attempts: int
    detail: str
    text: str


def log_of(conn: sa.Connection, school: str, students: Collection[str], since: datetime) -> list[LogLine]:
    """The notices of ``students`` made since ``since``, the newest first, at most `MOST`."""
    notices, letters = guardian_notices.c, guardian_letters.c
    person = sa.and_(guardians.c.school == notices.school, guardians.c.id == notices.guardian)
    query = (
        sa.select(
            *(notices[name] for name in ("id", "student", "guardian", "kind", "status", "why", "at", "made_at")),
            notices.send_at,
            sa.func.coalesce(guardians.c.name, notices.guardian).label("guardian_name"),
            sa.case((notices.state == "lettered", letters.state), else_=notices.state).label("state"),
            sa.case((letters.state == "sent", letters.ended_at)).label("sent_at"),
            sa.func.coalesce(letters.attempts, 0).label("attempts"),
            sa.func.coalesce(letters.detail, "").label("detail"),
            sa.func.coalesce(letters.text, "").label("text"),
        )
        .select_from(guardian_notices)
        .outerjoin(guardian_letters, letters.id == notices.letter)
        .outerjoin(guardians, person)
        .where(notices.school == school, notices.student.in_(students), notices.made_at >= since)
        .order_by(notices.made_at.desc(), notices.id.desc())
        .limit(MOST)
    )
    return [LogLine(**row._mapping) for row in conn.execute(query)]
