"""Which classes are a person's own: those a class teacher leads."""

from __future__ import annotations

import sqlalchemy as sa

from attendance import queries
from attendance.queries import ClassInfo
from dashboards.access.accounts import Account


def own_classes(conn: sa.Connection, account: Account) -> list[ClassInfo]:
    """The classes whose roll is the account's to see and correct: the teacher leads them, not only teaches there."""
    if not account.teacher:
        return []
    return [one for one in queries.classes_of_teacher(conn, account.school, account.teacher) if one.home]


def own_class(conn: sa.Connection, account: Account, class_id: str) -> ClassInfo | None:
    """The class if it is the account's own, else None: a class of others is not there for this person."""
    return next((one for one in own_classes(conn, account) if one.id == class_id), None)
