"""Planned checks: what is due every so many weeks or months, done with what was found, overdue when it was not."""

from __future__ import annotations

import calendar
from datetime import date, datetime, timedelta
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from campus.errors import Conflict, NotFound
from campus.ids import new_id
from devices.ledger.assets import refuse_unknown
from devices.ledger.label_texts import below
from devices.queries import places, refuse_unknown_place
from devices.registry import KINDS
from devices.tables import devices
from devices.upkeep.calibration import calibrated, check_of
from devices.upkeep.tables import planned_check_runs as runs
from devices.upkeep.tables import planned_checks as checks

Unit = Literal["week", "month"]
MOST_EVERY = 60


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """A check of the devices of ``kind`` (empty: any) in ``place`` and below, or of one ``device``."""

    id: str
    title: str
    instructions: str
    kind: str
    place: str | None
    device: str | None
    every: int
    unit: Unit
    first_due: date
    next_due: date


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A check that is to be made: of what, how often, from which day on."""

    title: str
    every: int
    unit: Unit
    first_due: date
    instructions: str = ""
    kind: str = ""
    place: str | None = None
    device: str | None = None


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One time a check was done; ``ticket`` was opened for what was found, if anything."""

    due: date
    done_at: datetime
    by: str
    passed: bool
    devices: int
    note: str
    ticket: str


def due_after(first: date, every: int, unit: Unit, day: date) -> date:
    """The first day of the schedule ``first``, ``first`` + ``every`` units, … that comes after ``day``.

    A month without the day takes its last one: the 31st is followed by the 30th of April, then the 31st of May.
    """
    if first > day:
        return first
    if unit == "week":
        step = 7 * every
        return first + timedelta(days=((day - first).days // step + 1) * step)
    times = ((day.year - first.year) * 12 + day.month - first.month) // every
    found = _months_on(first, times * every)
    return found if found > day else _months_on(first, (times + 1) * every)


def plan(conn: sa.Connection, school: str, said: Plan, by: str, now: datetime) -> Check:
    """Make a planned check; raises `NotFound` for a device or place that is not there, `Conflict` for a bad plan."""
    if not 1 <= said.every <= MOST_EVERY:
        raise Conflict(f"every must be from 1 to {MOST_EVERY}")
    if said.kind and said.kind not in KINDS:
        raise Conflict(f"there is no kind {said.kind!r}; use one of {', '.join(KINDS)}")
    if said.device is not None:
        refuse_unknown(conn, school, said.device)
    if said.place is not None:
        refuse_unknown_place(conn, school, said.place)
    made = Check(id=new_id(), next_due=said.first_due, **msgspec.structs.asdict(said))
    conn.execute(checks.insert().values(school=school, made_at=now, made_by=by, **msgspec.structs.asdict(made)))
    return made


def done(
    conn: sa.Connection, school: str, check: str, today: date, by: str, now: datetime, *, passed: bool, note: str,
    ticket: str = "",
) -> Check:  # fmt: skip
    """A check was done today: the next one is due by its schedule. Raises `NotFound`, `Conflict` when it is ahead.

    A calibration counts from the day it was done, and stays due when it was not passed; the ledger follows.
    """
    old = get(conn, school, check)
    if not passed and not note:
        raise Conflict("a check that was not passed needs a word on what was found")
    calibration = old.device if old.device and check == check_of(school, old.device) else None
    following = due_after(old.first_due, old.every, old.unit, max(today, old.next_due))
    if calibration:
        following = due_after(today, old.every, old.unit, today) if passed else old.next_due
    this = (checks.c.id == check) & (checks.c.next_due == old.next_due)
    if conn.execute(checks.update().where(this).values(next_due=following)).rowcount == 0:
        raise Conflict("somebody else has just done this check; look at it again")
    conn.execute(
        runs.insert().values(
            planned_check=check, due=old.next_due, done_at=now, by=by, passed=passed, note=note, ticket=ticket,
            devices=len(devices_of(conn, school, old)),
        )
    )  # fmt: skip
    if calibration and passed:
        calibrated(conn, school, calibration, following, by, now)
    return get(conn, school, check)


def end(conn: sa.Connection, school: str, check: str, now: datetime) -> None:
    """Plan a check no longer; what was done stays on record. Raises `NotFound`."""
    get(conn, school, check)
    conn.execute(checks.update().where(checks.c.id == check).values(ended_at=now))


def get(conn: sa.Connection, school: str, check: str) -> Check:
    """One planned check; raises `NotFound`."""
    row = conn.execute(_select(school).where(checks.c.id == check)).mappings().first()
    if row is None:
        raise NotFound(f"no planned check {check!r} at {school!r}")
    return Check(**row)


def planned(conn: sa.Connection, school: str) -> list[Check]:
    """Every planned check, the first due in front."""
    query = _select(school).order_by(checks.c.next_due, checks.c.id)
    return [Check(**row) for row in conn.execute(query).mappings()]


def history(conn: sa.Connection, check: str, limit: int = 20) -> list[Run]:
    """The last times a check was done, the newest first."""
    columns = [runs.c[name] for name in Run.__struct_fields__]
    query = sa.select(*columns).where(runs.c.planned_check == check).order_by(runs.c.id.desc()).limit(limit)
    return [Run(**row) for row in conn.execute(query).mappings()]


def devices_of(conn: sa.Connection, school: str, check: Check) -> list[str]:
    """The ids of the devices in use that a check is about."""
    query = sa.select(devices.c.id).where(devices.c.school == school, devices.c.retired_at.is_(None))
    if check.device is not None:
        query = query.where(devices.c.id == check.device)
    if check.kind:
        query = query.where(devices.c.kind == check.kind)
    if check.place is not None:
        inside = below({one.id: one.parent for one in places(conn, school)}, check.place)
        query = query.where(devices.c.place.in_(inside))
    return list(conn.execute(query.order_by(devices.c.id)).scalars())


def _months_on(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 + months
    year, month = count // 12, count % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _select(school: str) -> sa.Select[Any]:
    columns = [checks.c[name] for name in Check.__struct_fields__]
    return sa.select(*columns).where(checks.c.school == school, checks.c.ended_at.is_(None))
