"""What people and other domains ask: the device list, one device, outages, places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa

from campus.errors import NotFound
from campus.keylists import ask, asked, matching
from devices.health.finding import Health
from devices.health.flapping import HOUR, OFTEN
from devices.health.judgements import health_of
from devices.health.tables import device_judgements
from devices.presence import states
from devices.presence.states import Known
from devices.registry import Device
from devices.tables import device_outages, device_states, device_transitions, devices
from devices.tables import places as place_table

# What needs a person comes first. A child behind a dead parent waits for the parent, so it stands after it.
_WORST_FIRST = {"offline": 0, "late": 2, "never_seen": 3, "online": 4, "sleeping": 5}
_RECENT = 50


class Place(msgspec.Struct, frozen=True):
    """A place; ``outline`` is ``x,y x,y ...`` on the plan, empty for one that is not drawn."""

    id: str
    parent: str | None
    kind: str
    name: str
    name_en: str
    floor: int | None
    outline: str


class DeviceRow(msgspec.Struct, frozen=True):
    """A device as a list shows it.

    ``gaps`` counts messages that never came, ``quiet_s`` seconds since the last one; ``clock_offset_ms`` is the
    device's clock minus ours. ``judged`` is how it was when it was last judged,
    ``flapping`` that it comes and goes: silent for itself at least three times in the last hour.
    """

    device: Device
    place_name: str
    place_name_en: str
    state: str
    reason: str
    since: datetime | None
    last_seen: datetime | None
    quiet_s: float | None
    gaps: int
    clock_offset_ms: int | None
    health: dict[str, float]
    judged: Health | None = None
    flapping: bool = False


class Transition(msgspec.Struct, frozen=True):
    """One change of presence."""

    old: str
    new: str
    at: datetime
    why: str


class Outage(msgspec.Struct, frozen=True):
    """A time in which nothing is known from a device; ``end`` is None while it lasts."""

    device: str
    place: str | None
    start: datetime
    end: datetime | None


class DeviceDetail(msgspec.Struct, frozen=True):
    """One device with its history, the newest first. ``boot`` names its present run, ``boots`` counts runs."""

    row: DeviceRow
    agent: str
    config: int
    boot: str
    boots: int
    children: tuple[str, ...]
    transitions: tuple[Transition, ...]
    outages: tuple[Outage, ...]


def device_list(
    conn: sa.Connection, school: str, now: datetime, only: Collection[str] | None = None
) -> list[DeviceRow]:
    """Every device in use, or ``only`` some, what needs a person first."""
    comes_and_goes = _flapping(conn, school, now)
    wanted = _devices(school) if only is None else _devices(school).where(devices.c.id.in_(only))
    rows = [_device_row(row, now, comes_and_goes) for row in conn.execute(wanted)]
    return sorted(rows, key=_badness)


def any_heard(conn: sa.Connection, school: str) -> bool:
    """Whether any device in use is heard of."""
    heard = _devices(school).where(device_states.c.state.in_(("online", "late", "sleeping")))
    return conn.execute(heard.limit(1)).first() is not None


def device_detail(conn: sa.Connection, school: str, device: str, now: datetime) -> DeviceDetail:
    """One device in use; raises `NotFound`."""
    row = conn.execute(_devices(school).where(devices.c.id == device)).first()
    if row is None:
        raise NotFound(f"no device {device!r} at {school!r}; see the device list for its id")
    known = states.from_row(row)
    return DeviceDetail(
        row=_device_row(row, now, _flapping(conn, school, now)),
        agent=known.agent,
        config=known.config,
        boot=known.trail.boot,
        boots=known.trail.boots,
        children=_children(conn, school, device),
        transitions=transitions(conn, school, device),
        outages=_outages_of(conn, school, device),
    )


def transitions(conn: sa.Connection, school: str, device: str, limit: int = _RECENT) -> tuple[Transition, ...]:
    """The last changes of presence of a device, the newest first."""
    table = device_transitions
    query = sa.select(table.c.old, table.c.new, table.c.at, table.c.why)
    query = query.where(table.c.school == school, table.c.device == device)
    return tuple(Transition(*row) for row in conn.execute(query.order_by(table.c.id.desc()).limit(limit)))


def outages(conn: sa.Connection, school: str, kind: str, start: datetime, end: datetime) -> list[Outage]:
    """The outages of devices of ``kind`` that touch ``start`` to ``end``, by their start."""
    return outages_of(conn, [school], kind, start, end).get(school, [])


def outages_of(
    conn: sa.Connection, schools: Collection[str], kind: str, start: datetime, end: datetime
) -> dict[str, list[Outage]]:
    """The same at several schools, by school; those without an outage are left out."""
    found: dict[str, list[Outage]] = defaultdict(list)
    for school, *cells in ask(conn, _touching, ((one,) for one in schools), kind=kind, start=start, end=end):
        found[school].append(Outage(*cells))
    return dict(found)


@cache
def _touching(dialect: str) -> sa.Select[tuple[Any, ...]]:
    table = device_outages
    keys = asked(dialect, table.c.school)
    lasting = table.c.ended_at.is_(None) | (table.c.ended_at > sa.bindparam("start"))
    query = sa.select(table.c.school, table.c.device, table.c.place, table.c.started_at, table.c.ended_at)
    query = query.join_from(keys, table, matching(keys, table.c.school))
    query = query.where(table.c.kind == sa.bindparam("kind"), table.c.started_at < sa.bindparam("end"), lasting)
    return query.order_by(table.c.started_at, table.c.id)


def places(conn: sa.Connection, school: str) -> list[Place]:
    """Every place of a school, by id."""
    columns = [place_table.c[field] for field in Place.__struct_fields__]
    query = sa.select(*columns).where(place_table.c.school == school)
    return [Place(*row) for row in conn.execute(query.order_by(place_table.c.id))]


def refuse_unknown_place(conn: sa.Connection, school: str, place: str) -> None:
    """Raise `NotFound` for a place that is not there."""
    this = (place_table.c.school == school) & (place_table.c.id == place)
    if conn.execute(sa.select(place_table.c.id).where(this)).first() is None:
        raise NotFound(f"no place {place!r} at {school!r}; see the list of places for its id")


def _devices(school: str) -> sa.Select[tuple[Any, ...]]:
    of_device = (device_states.c.school == devices.c.school) & (device_states.c.device == devices.c.id)
    of_place = (place_table.c.school == devices.c.school) & (place_table.c.id == devices.c.place)
    of_judgement = (device_judgements.c.school == devices.c.school) & (device_judgements.c.device == devices.c.id)
    columns = [devices.c[field] for field in Device.__struct_fields__ if field != "school"]
    judged = [device_judgements.c.score, device_judgements.c.findings]
    names = [place_table.c.name.label("place_name"), place_table.c.name_en.label("place_name_en")]
    query = sa.select(*columns, *names, *judged, device_states).join_from(devices, device_states, of_device)
    query = query.outerjoin(place_table, of_place).outerjoin(device_judgements, of_judgement)
    return query.where(devices.c.school == school, devices.c.retired_at.is_(None))


def _flapping(conn: sa.Connection, school: str, now: datetime) -> frozenset[str]:
    table = device_transitions
    lately = (table.c.school == school) & (table.c.at > now - timedelta(milliseconds=HOUR)) & (table.c.at <= now)
    query = sa.select(table.c.device).where(lately, table.c.new == "offline", table.c.why != "parent")
    often = query.group_by(table.c.device).having(sa.func.count() >= OFTEN)
    return frozenset(conn.execute(often).scalars())


def _device_row(row: sa.Row[tuple[Any, ...]], now: datetime, flapping: Collection[str]) -> DeviceRow:
    known = states.from_row(row)
    return DeviceRow(
        device=Device(
            row.id, row.school, row.kind, row.name, row.name_en, row.place, row.parent, row.model,
            tuple(row.covers.split()), row.x, row.y,
        ),
        place_name=row.place_name or "",
        place_name_en=row.place_name_en or "",
        state=known.state,
        reason=known.reason,
        since=known.since,
        last_seen=known.heard_at,
        quiet_s=_quiet_s(known, now),
        gaps=known.trail.gaps,
        clock_offset_ms=known.clock_offset_ms,
        health=known.health,
        judged=health_of(row.score, row.findings),
        flapping=row.id in flapping,
    )  # fmt: skip


def _quiet_s(known: Known, now: datetime) -> float | None:
    return None if known.heard_at is None else max(0.0, (now - known.heard_at).total_seconds())


def _badness(row: DeviceRow) -> tuple[int, int, str]:
    behind_parent = row.state == "offline" and row.reason == "parent"
    return 1 if behind_parent else _WORST_FIRST[row.state], -row.gaps, row.device.id


def _children(conn: sa.Connection, school: str, device: str) -> tuple[str, ...]:
    below = (devices.c.school == school) & (devices.c.parent == device) & devices.c.retired_at.is_(None)
    return tuple(conn.execute(sa.select(devices.c.id).where(below).order_by(devices.c.id)).scalars())


def _outages_of(conn: sa.Connection, school: str, device: str) -> tuple[Outage, ...]:
    table = device_outages
    query = _outages().where(table.c.school == school, table.c.device == device)
    return tuple(Outage(*row) for row in conn.execute(query.order_by(table.c.started_at.desc()).limit(_RECENT)))


def _outages() -> sa.Select[tuple[Any, ...]]:
    table = device_outages
    return sa.select(table.c.device, table.c.place, table.c.started_at, table.c.ended_at)
