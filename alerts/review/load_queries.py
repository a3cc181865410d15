"""Reads what `alerts.review.load` computes with: when alarms asked somebody, who took them when, what stands open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from alerts.review.load import Asked, Load, Standing, Taken, figures, is_stale
from alerts.tables import OPEN, alarm_steps, alarms, duty_shifts
from campus.errors import Conflict

LONGEST_DAYS = 92
_ASKING = ("raise", "unshelve", "unsuppress", "put_back")
_MUTED = ("suppressed", "out_of_service", "shelved")


def load(conn: sa.Connection, school: str, since: datetime, until: datetime, zone: ZoneInfo) -> Load:
    """The figures of a school from ``since`` to ``until``; raises `Conflict` for a span it does not take."""
    if until <= since or (until - since).days > LONGEST_DAYS:
        raise Conflict(f"the figures are of a time that runs forwards and has at most {LONGEST_DAYS} days")
    shifts = conn.execute(
        sa.select(duty_shifts)
        .where(duty_shifts.c.school == school, duty_shifts.c.starts < until, duty_shifts.c.ends > since)
        .order_by(duty_shifts.c.starts)
    ).all()
    on_duty = sum((min(one.ends, until) - max(one.starts, since)).total_seconds() for one in shifts)
    return figures(
        _asked(conn, school, since, until),
        _taken(conn, school, since, until, shifts, zone),
        _standing(conn, school, until),
        _outcomes(conn, school, since, until),
        on_duty / (until - since).total_seconds(),
        since,
        until,
        zone,
    )


def _asked(conn: sa.Connection, school: str, since: datetime, until: datetime) -> list[Asked]:
    columns = (alarms.c.id, alarms.c.rule, _about(), alarms.c.severity, alarm_steps.c.at)
    query = sa.select(*columns).join_from(alarm_steps, alarms, alarms.c.id == alarm_steps.c.alarm)
    query = query.where(
        alarms.c.school == school, alarm_steps.c.action.in_(_ASKING), alarm_steps.c.new == "unacknowledged",
        alarm_steps.c.old != "unacknowledged",
        alarm_steps.c.at >= since, alarm_steps.c.at < until,
    )  # fmt: skip
    rows = conn.execute(query.order_by(alarm_steps.c.at, alarm_steps.c.id))
    return [Asked(alarm=one[0], rule=one[1], about=one[2], severity=one[3], at=one[4]) for one in rows]


def _taken(
    conn: sa.Connection, school: str, since: datetime, until: datetime, shifts: Sequence[sa.Row[tuple[object, ...]]],
    zone: ZoneInfo,
) -> list[Taken]:  # fmt: skip
    query = sa.select(alarms.c.raised_at, alarms.c.acknowledged_at, alarms.c.acknowledged_by).where(
        alarms.c.school == school, alarms.c.acknowledged_at >= since, alarms.c.acknowledged_at < until
    )
    found = []
    for row in conn.execute(query):
        mine = [
            one for one in shifts if one.account == row.acknowledged_by and one.starts <= row.acknowledged_at < one.ends
        ]
        hours = (mine[0].starts.astimezone(zone), mine[0].ends.astimezone(zone)) if mine else ()
        seconds = max(0.0, (row.acknowledged_at - row.raised_at).total_seconds())
        shift = "-".join(f"{one:%H:%M}" for one in hours)
        found.append(Taken(post=(mine[0].post or "") if mine else "", shift=shift, seconds=seconds))
    return found


def _standing(conn: sa.Connection, school: str, until: datetime) -> list[Standing]:
    columns = (alarms.c.id, alarms.c.rule, _about(), alarms.c.severity, alarms.c.raised_at)
    mine = (alarms.c.school == school, sa.text(OPEN), alarms.c.state.not_in(_MUTED), alarms.c.raised_at < until)
    return [
        Standing(
            alarm=one[0], rule=one[1], about=one[2], severity=one[3], seconds=(until - one[4]).total_seconds(),
            stale=is_stale(one[4], until),
        )
        for one in conn.execute(sa.select(*columns).where(*mine))
    ]  # fmt: skip


def _outcomes(conn: sa.Connection, school: str, since: datetime, until: datetime) -> dict[str, dict[str, int]]:
    query = (
        sa.select(alarms.c.rule, alarms.c.outcome, sa.func.count())
        .where(
            alarms.c.school == school, alarms.c.raised_at >= since, alarms.c.raised_at < until,
            alarms.c.outcome.in_(("true", "false")),
        )
        .group_by(alarms.c.rule, alarms.c.outcome)
    )  # fmt: skip
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for rule, outcome, count in conn.execute(query):
        found[rule][outcome] = int(count)
    return found


def _about() -> sa.ColumnElement[str]:
    """The class where the subject is a student, who is nobody's bad actor; else the device or place."""
    return sa.func.coalesce(alarms.c.class_id, alarms.c.device, alarms.c.place, alarms.c.subject)
