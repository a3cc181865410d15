"""The change log: written in the transaction of the change, read by the live stream as `id > last seen`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec
import sqlalchemy as sa

from campus.tables import changes

# What a console can follow. `key` names the row that changed; `scope` narrows who may see it (a class id for what is
# about students of a class).
ChangeTopic = Literal["alarm", "roll", "device", "site", "muster", "city", "leave", "illness"]
_APPEND_LOCK = 7_311_001


class Change(msgspec.Struct, frozen=True):
    """One change: read the thing itself by ``key``; the log never carries personal data."""

    id: int
    school: str
    topic: str
    key: str
    scope: str


def append(conn: sa.Connection, now: datetime, school: str, topic: ChangeTopic, key: str, scope: str = "") -> None:
    """Log a change inside the caller's transaction."""
    append_all(conn, now, school, topic, [(key, scope)])


def append_all(
    conn: sa.Connection, now: datetime, school: str, topic: ChangeTopic, keys: Sequence[tuple[str, str]]
) -> None:
    """Log changes of one kind, each as (key, scope), inside the caller's transaction."""
    append_rows(conn, now, topic, [(school, key, scope) for key, scope in keys])


def append_rows(conn: sa.Connection, now: datetime, topic: ChangeTopic, rows: Sequence[tuple[str, str, str]]) -> None:
    """Log changes of several schools, each as (school, key, scope), inside the caller's transaction."""
    if not rows:
        return
    if conn.dialect.name == "postgresql":
        # Ids must become visible in order, or a reader that saw 8 would never see a 7 committed later.
        conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_APPEND_LOCK)))
    logged = [{"at": now, "school": of, "topic": topic, "key": key, "scope": scope} for of, key, scope in rows]
    conn.execute(changes.insert(), logged)


def last_id(conn: sa.Connection) -> int:
    """The id of the newest change, 0 when there is none."""
    return int(conn.execute(sa.select(sa.func.coalesce(sa.func.max(changes.c.id), 0))).scalar_one())


def since(conn: sa.Connection, after: int, limit: int = 500) -> list[Change]:
    """The changes after id ``after``, oldest first, at most ``limit``."""
    columns = (changes.c.id, changes.c.school, changes.c.topic, changes.c.key, changes.c.scope)
    rows = conn.execute(sa.select(*columns).where(changes.c.id > after).order_by(changes.c.id).limit(limit))
    return [Change(*row) for row in rows]


def forget_before(conn: sa.Connection, moment: datetime) -> int:
    """Drop changes older than ``moment``; return how many."""
    return conn.execute(changes.delete().where(changes.c.at < moment)).rowcount
