"""The access log: every look at a student's data is a row before it is an answer."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec
import sqlalchemy as sa

from campus import db
from campus.retention import forget_rows
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
    "student.erase",
    "warnings.view",
    "report.export",
    "leave.view",
    "leave.ask",
    "leave.decide",
    "guardians.view",
    "guardians.change",
    "guardians.remove",
    "guardians.import",
    "illness.view",
    "illness.note",
    "alarm.view",
    "alarm.still",
    "alarm.bundle",
    "muster.view",
    "muster.report",
    "log.export",
    "sign_in.password",
    "sign_in.sign_on",
    "sign_in.recovery",
    "account.make",
    "account.change",
    "routes.change",
    "rules.change",
    "token.make",
    "token.revoke",
]

# A program has no login: its token's name says which it is.
_who: sa.ColumnElement[str] = sa.case((accounts.c.role == "integrator", accounts.c.name), else_=accounts.c.login)


class AccessEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One look at, or change of, a student's data; ``subject`` holds ids, never names."""

    id: int
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


def look(engine: sa.Engine, now: datetime, who: Account, action: Action, *subject: str) -> None:
    """Log a look at what was read before and is not answered yet: no reading, however long, holds up who writes."""
    with db.write(engine) as conn:
        record(conn, now, who, action, *subject)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries are looked for; what is empty or None does not narrow. ``until`` is not among them any more."""

    login: str = ""
    action: str = ""
    subject: str = ""  # one id of the subject: a student, a class, an alarm
    since: datetime | None = None
    until: datetime | None = None
    looks: bool = False  # without those who just signed in: at eight in the morning they are a hundred in a row


def entries(
    conn: sa.Connection, school: str, wanted: Wanted, limit: int, before: int | None = None
) -> list[AccessEntry]:
    """The newest entries of a school's access log that are wanted, newest first; ``before`` is the id to go on from."""
    columns = (access_log.c.id, access_log.c.at, access_log.c.action, access_log.c.subject)
    query = (
        sa.select(*columns, _who.label("login"), accounts.c.role)
        .join(accounts, accounts.c.id == access_log.c.account)
        .where(access_log.c.school == school, *_narrowed(wanted))
        .order_by(access_log.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(access_log.c.id < before)
    return [AccessEntry(**row) for row in conn.execute(query).mappings()]


def forget_looks(conn: sa.Connection, before: datetime, limit: int) -> int:
    """Retention: entries from before."""
    return forget_rows(conn, access_log, access_log.c.at < before, limit)


def _narrowed(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.login:
        found.append(_who == wanted.login)
    if wanted.action:
        found.append(access_log.c.action == wanted.action)
    if wanted.subject:  # whole ids only: s-1 is not s-12
        words = sa.literal(" ") + access_log.c.subject + " "
        found.append(words.contains(f" {wanted.subject} ", autoescape=True))
    if wanted.looks:
        found.append(access_log.c.action.not_like("sign_in.%"))
    if wanted.since is not None:
        found.append(access_log.c.at >= wanted.since)
    if wanted.until is not None:
        found.append(access_log.c.at < wanted.until)
    return found


def recent(conn: sa.Connection, school: str, limit: int = 100) -> list[AccessEntry]:
    """The newest looks and changes of a school's access log, newest first; who just signed in is not among them."""
    return entries(conn, school, Wanted(looks=True), limit)
