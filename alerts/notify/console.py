"""The console as a channel: a mark for the live stream, made in the transaction of the step itself."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from campus import changes


def mark(conn: sa.Connection, now: datetime, school: str, alarm_id: str) -> None:
    """Tell every open console that this alarm changed. It cannot be lost and needs no worker."""
    changes.append(conn, now, school, "alarm", alarm_id)
