"""Dead letters and duplicates: what was refused, with its reason, and what was seen before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from campus.tables import dead_letters, seen_events
from ingest.door import DeadLetter

KEPT_BYTES = 16 * 1024


def bury(conn: sa.Connection, letters: Sequence[DeadLetter], now: datetime) -> None:
    """Store refused messages with their reason; a payload is kept up to `KEPT_BYTES`."""
    if letters:
        conn.execute(
            dead_letters.insert(),
            [
                {
                    "at": now,
                    "topic": letter.topic[:256],
                    "reason": letter.reason[:64],
                    "detail": letter.detail[:500],
                    "payload": letter.payload[:KEPT_BYTES],
                }
                for letter in letters
            ],
        )


def remember(conn: sa.Connection, ids: Iterable[str], now: datetime) -> set[str]:
    """Note event ids as taken; return those that were new. The rest are duplicates and harmless."""
    rows = [{"id": one, "at": now} for one in dict.fromkeys(ids)]
    if not rows:
        return set()
    insert = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    statement = insert(seen_events).on_conflict_do_nothing(index_elements=["id"]).returning(seen_events.c.id)
    return set(conn.execute(statement.values(rows)).scalars())
