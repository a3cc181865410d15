"""Gates that are up and let nobody pass in the rush: joins passes, bells, presence and the past of the gate.

A city asks for all its schools at once: a handful of statements, and more only about schools with a gate in doubt.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from attendance.calendar.daybook import school_days
from attendance.calendar.schoolday import SchoolDay, local_day, local_minute
from attendance.register.tables import passes
from attendance.tables import readers
from campus.clock import to_ms
from campus.keylists import ask, asked, matching
from devices.health.gate import Lane, expected_passes, silent_in_rush
from devices.health.judge import RUSH, Rush
from devices.tables import device_states, devices

PAST_DAYS = 5
LOOKS_BACK = 14  # days in which the past school days are looked for

Silent = tuple[str, str | None, float]
_Passes = Mapping[str, Counter[str]]  # by school and gate


def silent_gates(
    conn: sa.Connection, schools: Collection[str], at: datetime, within: timedelta, zone: ZoneInfo
) -> dict[str, list[Silent]]:
    """(gate, place, passes expected) of the gates of the site that are online and had none in ``within`` before ``at``.

    By school, those without one left out. Nothing outside of arrival, and before its first ``within`` is over.
    """
    today = local_day(at, zone)
    minute = local_minute(at, zone)
    shapes = school_days(conn, schools, today)
    arriving = [school for school, shape in shapes.items() if _in_rush(shape, minute, within)]
    gates = _online(conn, arriving)
    now = _counts(conn, gates, at - within, at)
    doubtful = [school for school, its in gates.items() if any(not now[school][gate] for gate in its)]
    past = _past(conn, doubtful, at, within, today)
    found = {school: list(_silent(gates[school], now[school], past[school], at - within)) for school in doubtful}
    return {school: silent for school, silent in found.items() if silent}


def rush_of(zone: ZoneInfo) -> Rush:
    """What tells the judge of devices which gates nobody passes, in schools of ``zone``."""

    def silent(conn: sa.Connection, school: str, at: datetime) -> Mapping[str, float]:
        found = silent_gates(conn, [school], at, RUSH, zone).get(school, [])
        return {gate: expected for gate, _, expected in found}

    return silent


def _in_rush(shape: SchoolDay, minute: int, within: timedelta) -> bool:
    arrivals = shape.of_kind("arrival")
    return bool(arrivals) and arrivals[0].starts + within.total_seconds() / 60 <= minute < arrivals[0].ends


def _silent(
    gates: Mapping[str, str | None], now: Counter[str], past: Sequence[Counter[str]], since: datetime
) -> Sequence[Silent]:
    found = []
    for gate, place in gates.items():
        lane = Lane(
            now=now[gate],
            past=tuple(day[gate] for day in past),
            neighbours=now.total() - now[gate],
            neighbours_past=tuple(day.total() - day[gate] for day in past),
        )
        if silent_in_rush(lane, to_ms(since)) is not None:
            found.append((gate, place, expected_passes(lane)))
    return found


def _past(
    conn: sa.Connection, schools: Collection[str], at: datetime, within: timedelta, today: date
) -> Mapping[str, list[Counter[str]]]:
    """The passes in the same minutes of each school's last school days, the newest first."""
    found: dict[str, list[Counter[str]]] = defaultdict(list)
    for days in range(1, LOOKS_BACK + 1):
        wanting = [school for school in schools if len(found[school]) < PAST_DAYS]
        open_ = school_days(conn, wanting, today - timedelta(days=days)) if wanting else {}
        then = at - timedelta(days=days)
        counts = _counts(conn, open_, then - within, then)
        for school in open_:
            found[school].append(counts[school])
    return found


def _online(conn: sa.Connection, schools: Collection[str]) -> dict[str, dict[str, str | None]]:
    """The gates of each site (not the readers inside it) that are heard, with their places."""
    found: dict[str, dict[str, str | None]] = defaultdict(dict)
    for school, gate, place in ask(conn, _up, ((one,) for one in schools)):
        found[school][gate] = place
    return dict(found)


def _counts(conn: sa.Connection, schools: Collection[str], start: datetime, end: datetime) -> _Passes:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for school, gate, count in ask(conn, _passed, ((one,) for one in schools), start=start, end=end):
        found[school][gate] = int(count)
    return found


@cache
def _up(dialect: str) -> sa.Select[tuple[Any, ...]]:
    keys = asked(dialect, devices.c.school)
    inside = sa.select(readers.c.device).where(readers.c.school == devices.c.school, readers.c.device == devices.c.id)
    same = sa.and_(device_states.c.school == devices.c.school, device_states.c.device == devices.c.id)
    query = sa.select(devices.c.school, devices.c.id, devices.c.place)
    query = query.join_from(keys, devices, matching(keys, devices.c.school)).join(device_states, same)
    query = query.where(devices.c.kind == "gate", devices.c.retired_at.is_(None), ~inside.exists())
    return query.where(device_states.c.state == "online").order_by(devices.c.id)


@cache
def _passed(dialect: str) -> sa.Select[tuple[Any, ...]]:
    keys = asked(dialect, passes.c.school)
    query = sa.select(passes.c.school, passes.c.gate, sa.func.count())
    query = query.join_from(keys, passes, matching(keys, passes.c.school))
    query = query.where(passes.c.at > sa.bindparam("start"), passes.c.at <= sa.bindparam("end"))
    return query.group_by(passes.c.school, passes.c.gate)
