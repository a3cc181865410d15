"""Notices alarms that come and go: they stay on record, and stop ringing until they are steady."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from alerts.conditions.signal import Cause
from alerts.life import journal
from alerts.life.journal import MACHINE
from alerts.tables import alarm_steps, alarms

WINDOW = timedelta(minutes=30)
TIMES = 5  # so many raises within the window are flapping
STEADY = timedelta(minutes=30)  # no change for so long is steady again


def notice(conn: sa.Connection, rule: str, cause: Cause, alarm_id: str, now: datetime) -> bool:
    """Mark the alarm that was just raised when its cause was raised too often; return whether it was marked."""
    current = conn.execute(sa.select(alarms.c.state, alarms.c.flapping).where(alarms.c.id == alarm_id)).one()
    if current.flapping or current.state not in ("unacknowledged", "acknowledged"):
        return False
    mine = (alarms.c.school == cause.school, alarms.c.rule == rule, alarms.c.subject == cause.subject)
    raises = (
        sa.select(sa.func.count())
        .join_from(alarm_steps, alarms, alarms.c.id == alarm_steps.c.alarm)
        .where(*mine, alarm_steps.c.action == "raise", alarm_steps.c.at > now - WINDOW)
    )
    if conn.execute(raises).scalar_one() < TIMES:
        return False
    journal.take(conn, alarm_id, "flap", "flapping", MACHINE, now, flapping=True)
    return True


def is_due(conn: sa.Connection, now: datetime) -> bool:
    """Whether `end_steady` would find something."""
    return conn.execute(sa.select(alarms.c.id).where(*_due(now)).limit(1)).first() is not None


def end_steady(conn: sa.Connection, now: datetime) -> int:
    """Let alarms ring again that have not changed for a while; return how many."""
    rows = conn.execute(sa.select(alarms.c.id, alarms.c.state).where(*_due(now))).all()
    for row in rows:
        if row.state in ("unacknowledged", "acknowledged", "returned_unacknowledged"):
            journal.take(conn, row.id, "steady", "steady", MACHINE, now, flapping=False)
        else:
            conn.execute(alarms.update().where(alarms.c.id == row.id).values(flapping=False))
    return len(rows)


def _due(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return alarms.c.flapping.is_(True), alarms.c.updated_at <= now - STEADY
