"""Texts by revision, of the rules and of the routes: who put what in force, when and why; nothing is ever changed."""

from __future__ import annotations

from datetime import datetime

import msgspec
import sqlalchemy as sa

from campus.errors import Conflict, NotFound, Outdated

BY_HAND = "file"
AS_FOUND = "as it was found"
_RECENT = 50
_LONGEST_REASON = 500


class TextRevision(msgspec.Struct, frozen=True, kw_only=True):
    """One text; ``made_by`` is an account, or ``file`` for what somebody wrote by other means."""

    number: int
    made_at: datetime
    made_by: str
    reason: str


class Newest(msgspec.Struct, frozen=True):
    """The newest text of a table."""

    number: int
    text: str


def recent(conn: sa.Connection, table: sa.Table) -> list[TextRevision]:
    """The newest revisions, the last one first."""
    columns = [table.c[name] for name in TextRevision.__struct_fields__]
    rows = conn.execute(sa.select(*columns).order_by(table.c.number.desc()).limit(_RECENT))
    return [TextRevision(**row) for row in rows.mappings()]


def text_of(conn: sa.Connection, table: sa.Table, number: int) -> str:
    """The text of a revision; raises `NotFound`."""
    found = conn.execute(sa.select(table.c.text).where(table.c.number == number)).scalar()
    if found is None:
        raise NotFound(f"there is no revision {number}")
    return str(found)


def newest(conn: sa.Connection, table: sa.Table) -> Newest | None:
    """The last one, or None where there is none yet."""
    row = conn.execute(sa.select(table.c.number, table.c.text).order_by(table.c.number.desc()).limit(1)).first()
    return Newest(*row) if row is not None else None


def last_number(conn: sa.Connection, table: sa.Table) -> int:
    """The number of the last one; 0 where there is none yet."""
    return conn.execute(sa.select(sa.func.max(table.c.number))).scalar() or 0


def reason_of(said: str) -> str:
    """A reason as it is kept; raises `Conflict` for none."""
    if not said.strip():
        raise Conflict("a reason is needed")
    return said.strip()[:_LONGEST_REASON]


def keep(conn: sa.Connection, table: sa.Table, text: str, by: str, reason: str, now: datetime) -> int:
    """Add a text and return its number; raises `Outdated` when another one took that number in the same moment."""
    number = last_number(conn, table) + 1
    row = {"number": number, "text": text, "made_at": now, "made_by": by, "reason": reason}
    try:
        conn.execute(table.insert().values(row))
    except sa.exc.IntegrityError:
        raise Outdated("somebody else saved in this moment; look at what is in force now") from None
    return number
