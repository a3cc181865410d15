"""Follows up while nobody acknowledges: escalation and reminders as due rows, stopped in the acknowledge itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa

from alerts.life import journal
from alerts.life.journal import MACHINE
from alerts.tables import alarm_timers, alarms
from alerts.telling.routes import Plan

Kind = Literal["escalate", "remind"]
WAITING = ("unacknowledged", "returned_unacknowledged")


def plan_timers(conn: sa.Connection, alarm_id: str, plan: Plan, now: datetime) -> int:
    """Write the timers of an alarm that was raised and is not acknowledged; return how many.

    An alarm that is raised again keeps the timers it has.
    """
    known = sa.select(alarm_timers.c.id).where(alarm_timers.c.alarm == alarm_id).limit(1)
    if conn.execute(known).first() is not None:
        return 0
    rows = [
        {"alarm": alarm_id, "kind": kind, "number": number, "due_at": now + timedelta(seconds=after_s)}
        for kind, number, after_s in timers(plan)
    ]
    if rows:
        conn.execute(alarm_timers.insert(), rows)
    return len(rows)


def timers(plan: Plan) -> list[tuple[Kind, int, float]]:
    """What follows while nobody acknowledges, in its order: kind, number, seconds after the alarm was raised."""
    found: list[tuple[Kind, int, float]] = [
        ("escalate", number, level.after_s) for number, level in enumerate(plan.levels) if number
    ]
    if plan.remind_every_s is not None:
        found += [("remind", one, plan.remind_every_s * one) for one in range(1, plan.remind_times + 1)]
    return sorted(found, key=lambda timer: timer[2])


def is_due(conn: sa.Connection, now: datetime) -> bool:
    """Whether `ring` would find something."""
    return conn.execute(sa.select(alarm_timers.c.id).where(*_due(now)).limit(1)).first() is not None


def ring(conn: sa.Connection, now: datetime) -> int:
    """Take the steps of the timers that are due, each once; return how many were taken.

    Of several reminders that became due while the worker was away only the last one is sent.
    """
    columns = (alarm_timers.c.id, alarm_timers.c.alarm, alarm_timers.c.kind, alarm_timers.c.number)
    query = sa.select(*columns).where(*_due(now)).order_by(alarm_timers.c.due_at, alarm_timers.c.id)
    found = conn.execute(query).all()
    last = {(row.alarm, row.kind): row.id for row in found if row.kind == "remind"}
    rung = 0
    for row in found:
        mine = (alarm_timers.c.id == row.id, alarm_timers.c.done_at.is_(None))
        if conn.execute(alarm_timers.update().where(*mine).values(done_at=now)).rowcount != 1:
            continue
        state = conn.execute(sa.select(alarms.c.state).where(alarms.c.id == row.alarm)).scalar()
        if state in WAITING and last.get((row.alarm, row.kind), row.id) == row.id:
            level = {"level": row.number} if row.kind == "escalate" else {}
            why = "not_acknowledged"
            journal.take(conn, row.alarm, row.kind, why, MACHINE, now, str(row.number), **level)
            rung += 1
    return rung


def _due(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return alarm_timers.c.done_at.is_(None), alarm_timers.c.due_at <= now
