"""Counts days of schools from what happened: a few statements for a batch of schools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from alerts.incidents.tables import incidents
from attendance.register.statuses import COUNTED_AS
from attendance.register.tables import roll, sessions
from attendance.roster.tables import terms
from devices.tables import device_outages, device_states, device_transitions, devices

HEARD = ("online", "late", "sleeping")
Row = dict[str, Any]
_ROLLS = {"due": 0, "came": 0, "rolls": 0, "rolls_closed": 0, "rolls_unsettled": 0}


class Away(msgspec.Struct, frozen=True):
    """A time in which a device was not heard; ``end`` is None while it lasts."""

    start: datetime
    end: datetime | None


def count(
    conn: sa.Connection, schools: Sequence[str], days: Sequence[date], now: datetime, zone: ZoneInfo
) -> list[Row]:
    """A row of `city_days` for each school and day. ``days`` are local, none of them after today."""
    rolls = _rolls(conn, schools, min(days), max(days), now)
    found = _devices(conn, schools)
    aways, first = _aways(conn, schools, _midnight(min(days), zone)), _first_heard(conn, schools)
    begun = _terms(conn, schools, now.astimezone(zone).date())
    drills = _drills(conn, schools, begun, zone)
    rows = []
    for school in schools:
        known = found.get(school, _NO_DEVICES)
        for day in days:
            span = _midnight(day, zone), min(now, _midnight(day + timedelta(days=1), zone))
            rows.append(
                {"school": school, "day": day, "at": now, "term_from": begun[school], "drills": drills.get(school, 0),
                 **_ROLLS, **rolls.get((school, day), {}), **known,
                 "up_share": up_share(aways.get(school, ()), known["devices"], first.get(school), *span)}
            )  # fmt: skip
    return rows


def up_share(
    aways: Sequence[Away], number: int, first: datetime | None, start: datetime, end: datetime
) -> float | None:
    """The share of the time of ``number`` devices in which they were up; None before the first one was heard.

    Today's devices stand for those of past days.
    """
    if not number or first is None or end <= start or first >= end:
        return None
    start = max(start, first)
    away = sum((min(one.end or end, end) - max(one.start, start)).total_seconds() for one in aways
               if one.start < end and (one.end is None or one.end > start))  # fmt: skip
    return max(0.0, 1 - away / (number * (end - start).total_seconds()))


def term_begin(today: date) -> date:
    """Where no term is on record: 1 February or 1 August, whichever was last."""
    begun = [date(year, month, 1) for year in (today.year - 1, today.year) for month in (2, 8)]
    return max(one for one in begun if one <= today)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _rolls(
    conn: sa.Connection, schools: Sequence[str], first: date, last: date, now: datetime
) -> Mapping[tuple[str, date], Row]:
    """Rolls of arrival by school and day: how many, how many closed, who came, and what is not settled."""
    here = (sessions.c.school.in_(schools), sessions.c.day.between(first, last), sessions.c.kind == "arrival")
    closed = sessions.c.state == "closed"
    found: dict[tuple[str, date], Row] = {}
    query = sa.select(
        sessions.c.school, sessions.c.day, sa.func.count().label("rolls"),
        sa.func.sum(sa.case((closed, 1), else_=0)).label("closed"),
        sa.func.sum(sa.case((sa.and_(~closed, sessions.c.closes_at < now), 1), else_=0)).label("overdue"),
    )  # fmt: skip
    for row in conn.execute(query.where(*here).group_by(sessions.c.school, sessions.c.day)):
        counts = {"rolls": row.rolls, "rolls_closed": row.closed, "rolls_unsettled": row.overdue}
        found[row.school, row.day] = {"due": 0, "came": 0, **counts}
    marked = sa.select(sessions.c.school, sessions.c.day, roll.c.status, sa.func.count().label("n"))
    marked = marked.join(roll, roll.c.session == sessions.c.id).where(*here, closed)
    for row in conn.execute(marked.group_by(sessions.c.school, sessions.c.day, roll.c.status)):
        of = found[row.school, row.day]
        means = COUNTED_AS.get(row.status, row.status)
        of["came"] += row.n if means in {"present", "late"} else 0
        of["due"] += row.n if means in {"present", "late", "absent", "unknown"} else 0
    open_ones = sa.select(sessions.c.school, sessions.c.day, sa.func.count(sessions.c.id.distinct()).label("n"))
    unsure = sa.or_(roll.c.status.is_(None), roll.c.status == "unknown")
    open_ones = open_ones.join(roll, roll.c.session == sessions.c.id).where(*here, closed, unsure)
    for row in conn.execute(open_ones.group_by(sessions.c.school, sessions.c.day)):
        found[row.school, row.day]["rolls_unsettled"] += row.n
    return found


_NO_DEVICES: Row = {
    "devices": 0, "devices_heard": 0, "heard_at": None, "gates_down": 0, "gates_down_since": None, "agents_down": 0,
    "agents_down_since": None,
}  # fmt: skip


def _devices(conn: sa.Connection, schools: Sequence[str]) -> Mapping[str, Row]:
    """The devices of each school, how many are heard, and which gates and agents are down since when."""
    states = device_states.c
    query = (
        sa.select(
            devices.c.school, devices.c.kind, states.state, sa.func.count().label("n"),
            sa.func.max(states.heard_at).label("heard"), sa.func.min(states.since).label("since"),
        )
        .outerjoin(device_states, sa.and_(states.school == devices.c.school, states.device == devices.c.id))
        .where(devices.c.school.in_(schools), devices.c.retired_at.is_(None))
        .group_by(devices.c.school, devices.c.kind, states.state)
    )  # fmt: skip
    found: dict[str, Row] = {}
    for row in conn.execute(query):
        of = found.setdefault(row.school, dict(_NO_DEVICES))
        of["devices"] += row.n
        of["devices_heard"] += row.n if row.state in HEARD else 0
        if row.heard is not None:
            of["heard_at"] = max(row.heard, of["heard_at"] or row.heard)
        if row.state == "offline" and row.kind in {"gate", "agent"}:
            of[f"{row.kind}s_down"], of[f"{row.kind}s_down_since"] = row.n, row.since
    return found


def _aways(conn: sa.Connection, schools: Sequence[str], since: datetime) -> Mapping[str, list[Away]]:
    """The outages after ``since`` of devices that are not retired."""
    table = device_outages.c
    query = (
        sa.select(table.school, table.started_at, table.ended_at)
        .join(devices, sa.and_(devices.c.school == table.school, devices.c.id == table.device))
        .where(table.school.in_(schools), devices.c.retired_at.is_(None))
        .where(sa.or_(table.ended_at.is_(None), table.ended_at > since))
    )
    found: dict[str, list[Away]] = {}
    for row in conn.execute(query):
        found.setdefault(row.school, []).append(Away(row.started_at, row.ended_at))
    return found


def _first_heard(conn: sa.Connection, schools: Sequence[str]) -> Mapping[str, datetime]:
    """When the first device of each school was heard for the first time."""
    table = device_transitions.c
    query = sa.select(table.school, sa.func.min(table.at).label("first")).where(table.school.in_(schools))
    return {row.school: row.first for row in conn.execute(query.group_by(table.school))}


def _terms(conn: sa.Connection, schools: Sequence[str], today: date) -> Mapping[str, date]:
    """The first day of each school's present term."""
    query = sa.select(terms.c.school, sa.func.max(terms.c.starts).label("starts")).where(
        terms.c.school.in_(schools), terms.c.starts <= today, terms.c.ends >= today,
        terms.c.kind.in_(("term", "semester")),
    )  # fmt: skip
    begun = dict.fromkeys(schools, term_begin(today))
    return begun | {row.school: row.starts for row in conn.execute(query.group_by(terms.c.school))}


def _drills(
    conn: sa.Connection, schools: Sequence[str], begun: Mapping[str, date], zone: ZoneInfo
) -> Mapping[str, int]:
    """How many drills each school has ended since its term began."""
    query = sa.select(incidents.c.school, incidents.c.opened_at).where(
        incidents.c.school.in_(schools), incidents.c.exercise, incidents.c.closed_at.is_not(None),
        incidents.c.opened_at >= _midnight(min(begun.values()), zone),
    )  # fmt: skip
    found: dict[str, int] = {}
    for row in conn.execute(query):
        if row.opened_at >= _midnight(begun[row.school], zone):
            found[row.school] = found.get(row.school, 0) + 1
    return found
