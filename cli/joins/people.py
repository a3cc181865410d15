"""Who people are: answers the `People` port of alerts from the accounts, the timetable and the roster."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from attendance.rollbook import RollBook
from dashboards.tables import accounts

# The head of a school signs in as its administrator.
_ROLES = {"head": "admin"}


class SchoolPeople:
    """Accounts by role, and teachers by timetable and roster."""

    def __init__(self, roll_book: RollBook) -> None:
        self._roll_book = roll_book

    def with_role(self, conn: sa.Connection, school: str, role: str) -> Sequence[str]:
        """The accounts of a school with this role that may sign in."""
        mine = (
            accounts.c.school == school,
            accounts.c.role == _ROLES.get(role, role),
            accounts.c.disabled_at.is_(None),
        )
        return list(conn.execute(sa.select(accounts.c.id).where(*mine).order_by(accounts.c.login)).scalars())

    def lesson_teacher(
        self, conn: sa.Connection, school: str, class_id: str | None, place: str | None, at: datetime
    ) -> str | None:
        """Who teaches in the room ``place`` at ``at``, be it a teaching group, or else who teaches the class.

        Of several lessons in the room that of the class comes first.
        """
        own = self._roll_book.lesson_now(conn, school, class_id, at) if class_id else None
        held = self._roll_book.lessons_in(conn, school, place, at) if place else []
        held.sort(key=lambda one: one.class_id != class_id)
        return next((one.teacher for one in (*held, own) if one and one.teacher), None)

    def class_teacher(self, conn: sa.Connection, school: str, class_id: str) -> str | None:
        """The class teacher, or None."""
        return self._roll_book.class_teacher(conn, school, class_id)
