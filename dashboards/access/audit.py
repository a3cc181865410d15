"""The access log: every look at a student's data is a row before it is an answer."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec
import sqlalchemy as sa

from dashboards.access.accounts import Account
from dashboards.tables import access_log, accounts

Action = Literal[
    "roll.view",
    "roll.live",
    "roll.correct",
    "roll.undo",
    "roll.override",
    "student.history",
    "student.view",
    "warnings.view",
    "report.export",
    "leave.view",
    "leave.ask",
    "leave.decide",
    "guardians.view",
    "guardians.change",
    "illness.view",
    "illness.note",
    "alarm.view",
    "alarm.still",
    "alarm.bundle",
    "muster.view",
    "muster.report",
]


class AccessEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One look at, or change of, a student's data; ``subject`` holds ids, never names."""

    at: datetime
    login: str
    role: str
    action: str
    subject: str


def record(conn: sa.Connection, now: datetime, who: Account, action: Action, *subject: str) -> None:
    """Log that ``who`` does ``action`` on ``subject`` (ids, joined by blanks), in the caller's transaction."""
    conn.execute(
        access_log.insert().values(
            at=now, school=who.school, account=who.id, action=action, subject=" ".join(subject)[:200]
        )
    )


def recent(conn: sa.Connection, school: str, limit: int = 100) -> list[AccessEntry]:
    """The newest entries of a school's access log, newest first."""
    query = (
        sa.select(access_log.c.at, accounts.c.login, accounts.c.role, access_log.c.action, access_log.c.subject)
        .join(accounts, accounts.c.id == access_log.c.account)
        .where(access_log.c.school == school)
        .order_by(access_log.c.id.desc())
        .limit(limit)
    )
    return [AccessEntry(**row) for row in conn.execute(query).mappings()]
