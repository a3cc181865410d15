"""Gates that are up and let nobody pass in the rush: joins passes, bells, presence and the past of the gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from attendance.calendar.daybook import school_day
from attendance.calendar.schoolday import local_day, local_minute
from attendance.register.tables import passes
from attendance.tables import readers
from campus.clock import to_ms
from devices.health.gate import Lane, expected_passes, silent_in_rush
from devices.health.judge import RUSH, Rush
from devices.tables import device_states, devices

PAST_DAYS = 5
LOOKS_BACK = 14  # days in which the past school days are looked for


def silent_gates(
    conn: sa.Connection, school: str, at: datetime, within: timedelta, zone: ZoneInfo
) -> Sequence[tuple[str, str | None, float]]:
    """(gate, place, passes expected) of the gates of the site that are online and had none in ``within`` before ``at``.

    Nothing outside of arrival, and before its first ``within`` is over.
    """
    today = local_day(at, zone)
    shape = school_day(conn, school, today)
    arrivals = shape.of_kind("arrival") if shape else []
    minute = local_minute(at, zone)
    if not arrivals or not arrivals[0].starts + within.total_seconds() / 60 <= minute < arrivals[0].ends:
        return ()
    gates = _online(conn, school)
    now = _counts(conn, school, at - within, at)
    if not gates or all(now.get(gate, 0) for gate in gates):
        return ()
    past = [_counts(conn, school, at - ago - within, at - ago) for ago in _school_days(conn, school, today)]
    found = []
    for gate, place in gates.items():
        lane = Lane(
            now=now.get(gate, 0),
            past=tuple(day.get(gate, 0) for day in past),
            neighbours=sum(now.values()) - now.get(gate, 0),
            neighbours_past=tuple(sum(day.values()) - day.get(gate, 0) for day in past),
        )
        if silent_in_rush(lane, to_ms(at - within)) is not None:
            found.append((gate, place, expected_passes(lane)))
    return found


def rush_of(zone: ZoneInfo) -> Rush:
    """What tells the judge of devices which gates nobody passes, in schools of ``zone``."""

    def silent(conn: sa.Connection, school: str, at: datetime) -> Mapping[str, float]:
        return {gate: expected for gate, _, expected in silent_gates(conn, school, at, RUSH, zone)}

    return silent


def _online(conn: sa.Connection, school: str) -> dict[str, str | None]:
    """The gates of the site (not the readers inside it) that are heard, with their places."""
    inside = sa.select(readers.c.device).where(readers.c.school == school)
    same = sa.and_(device_states.c.school == devices.c.school, device_states.c.device == devices.c.id)
    query = (
        sa.select(devices.c.id, devices.c.place)
        .join_from(devices, device_states, same)
        .where(devices.c.school == school, devices.c.kind == "gate", devices.c.retired_at.is_(None))
        .where(device_states.c.state == "online", devices.c.id.not_in(inside))
    )
    return {row.id: row.place for row in conn.execute(query.order_by(devices.c.id))}


def _counts(conn: sa.Connection, school: str, start: datetime, end: datetime) -> dict[str, int]:
    query = sa.select(passes.c.gate, sa.func.count()).where(
        passes.c.school == school, passes.c.at > start, passes.c.at <= end
    )
    return {gate: int(count) for gate, count in conn.execute(query.group_by(passes.c.gate))}


def _school_days(conn: sa.Connection, school: str, today: date) -> list[timedelta]:
    """How long ago the last school days were."""
    before = (timedelta(days=days) for days in range(1, LOOKS_BACK + 1))
    return [day for day in before if school_day(conn, school, today - day) is not None][:PAST_DAYS]
