"""Dead letters and duplicates: what was refused, with its reason, and what was seen before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from campus.tables import dead_letters, seen_events
from ingest.door import DeadLetter

KEPT_BYTES = 16 * 1024
# Of one topic: a device that is broken, or in wrong hands, must not fill the disk. All of them are counted.
KEPT_OF_TOPIC = 200


def bury(conn: sa.Connection, letters: Iterable[DeadLetter], now: datetime) -> None:
    """Store refused messages with their reason; the same message again only counts, and of a topic the newest stay.

    A message that the broker delivers again was counted before, if the transaction it came in was kept.
    """
    insert = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    topics: set[str] = set()
    for letter in letters:
        topics.add(letter.topic[:256])
        row = {
            "digest": _digest(letter),
            "at": now,
            "last_at": now,
            "times": 1,
            "topic": letter.topic[:256],
            "reason": letter.reason[:64],
            "detail": letter.detail[:500],
            "payload": letter.payload[:KEPT_BYTES],
        }
        more = {"times": dead_letters.c.times + int(not letter.again), "last_at": now}
        conn.execute(insert(dead_letters).values(row).on_conflict_do_update(index_elements=["digest"], set_=more))
    for topic in topics:
        order = (dead_letters.c.last_at.desc(), dead_letters.c.id.desc())
        older = sa.select(dead_letters.c.id).where(dead_letters.c.topic == topic).order_by(*order)
        gone = conn.execute(older.offset(KEPT_OF_TOPIC).limit(10_000)).scalars().all()
        if gone:
            conn.execute(dead_letters.delete().where(dead_letters.c.id.in_(gone)))


def _digest(letter: DeadLetter) -> str:
    content = b"\0".join((letter.topic.encode(), letter.reason.encode(), letter.payload))
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def remember(conn: sa.Connection, ids: Iterable[str], now: datetime) -> set[str]:
    """Note event ids as taken; return those that were new. The rest are duplicates and harmless."""
    rows = [{"id": one, "at": now} for one in dict.fromkeys(ids)]
    if not rows:
        return set()
    insert = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    statement = insert(seen_events).on_conflict_do_nothing(index_elements=["id"]).returning(seen_events.c.id)
    return set(conn.execute(statement.values(rows)).scalars())
