"""Retention of evidence: stills of alarms that are over are forgotten after a while; the alarm stays."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from alerts.tables import alarms, evidence
from campus.retention import forget_rows


def forget_stills(conn: sa.Connection, before: datetime, limit: int) -> int:
    """Delete at most ``limit`` stills from before, of closed alarms only; returns how many."""
    over = sa.select(alarms.c.id).where(alarms.c.state == "closed")
    return forget_rows(conn, evidence, sa.and_(evidence.c.at < before, evidence.c.alarm.in_(over)), limit)
