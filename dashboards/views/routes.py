"""Who is told of alarms, as the page of routes shows it: the table, what is wrong with it, and what would happen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from alerts.rules.rule import DeviceKind, Severity
from alerts.telling import channel_trial, duty
from alerts.telling.dispatch import facts_at
from alerts.telling.forecast import Asking, forecast
from alerts.telling.route_rows import Gap, RouteRow, gaps, rows, staffed
from alerts.telling.routes import Facts, Routes, Who
from attendance.tables import teachers
from dashboards.deps import Deps
from dashboards.views.people import account_names

MOST_STEPS = 200
Id = Annotated[str, Meta(min_length=1, max_length=64)]


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """Routes as a table, whose first row that fits takes an alarm, and what a person should look at."""

    rows: tuple[RouteRow, ...]
    stand_ins: dict[str, str]
    gaps: tuple[Gap, ...]


class MadeUp(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An alarm that does not exist. ``at`` is a moment with a time zone, ``class_id`` the class it is about."""

    rule: Id
    severity: Severity
    at: datetime
    place: Id | None = None
    device_kind: DeviceKind | None = None
    class_id: Id | None = None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is asked, as what, and why: see `alerts.telling.duty.recipients`."""

    name: str
    who: Who
    why: str


class TrialStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step while nobody acknowledges: when, by which route, who is asked, over which endpoints."""

    at: datetime
    after_s: float
    action: Asking
    level: int
    route: str
    people: tuple[Asked, ...]
    channels: tuple[str, ...]


def endpoints(conn: sa.Connection) -> dict[str, Severity]:
    """The endpoints the worker began with, and the mildest severity each asks for."""
    return {one.name: msgspec.convert(one.min_severity, Severity) for one in channel_trial.channels(conn)}


def judged(conn: sa.Connection, deps: Deps, school: str, routes: Routes) -> Judged:
    """The table of routes and their gaps, with the people and endpoints there are now."""
    wrong = gaps(routes, endpoints(conn), staffed(conn, deps.people, school))
    return Judged(rows=tuple(rows(routes)), stand_ins=routes.stand_ins, gaps=tuple(wrong))


def foreseen(conn: sa.Connection, deps: Deps, school: str, routes: Routes, alarm: MadeUp) -> tuple[TrialStep, ...]:
    """What would happen with ``alarm`` by ``routes``, with the shifts and the timetable that are planned by now."""
    names = _names(conn, school)
    coming = forecast(routes, _facts(conn, deps, school, alarm), endpoints(conn))

    def people(to: tuple[Who, ...], at: datetime) -> tuple[Asked, ...]:
        found = duty.recipients(conn, deps.people, to, school, alarm.place, alarm.class_id, at)
        return tuple(Asked(name=names.get(one.person, one.person), who=one.who, why=one.why) for one in found)

    return tuple(
        TrialStep(
            at=alarm.at + timedelta(seconds=one.after_s), after_s=one.after_s, action=one.action, level=one.level,
            route=one.route, people=people(one.to, alarm.at + timedelta(seconds=one.after_s)), channels=one.by,
        )
        for one in coming[:MOST_STEPS]
    )  # fmt: skip


def _facts(conn: sa.Connection, deps: Deps, school: str, alarm: MadeUp) -> Callable[[float], Facts]:
    about = (school, alarm.place, alarm.severity, alarm.rule, alarm.device_kind or "")
    return lambda after_s: facts_at(conn, deps.calendar, alarm.at + timedelta(seconds=after_s), *about)


def _names(conn: sa.Connection, school: str) -> Mapping[str, str]:
    """Names of accounts and of teachers, by id."""
    known = sa.select(teachers.c.id, teachers.c.name).where(teachers.c.school == school)
    return {**{row.id: row.name for row in conn.execute(known)}, **account_names(conn, school)}
