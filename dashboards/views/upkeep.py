"""What is to be kept up: tickets, planned checks and spare parts as people see them, with names for ids."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import msgspec
import sqlalchemy as sa

from alerts.life import queries as alarm_queries
from alerts.life.queries import AlarmRow
from campus.errors import NotFound
from dashboards.access.roles import RIGHTS
from dashboards.tables import accounts
from dashboards.views.alarms import is_about_a_student
from dashboards.views.people import account_names
from devices.queries import places
from devices.tables import devices
from devices.upkeep import checks, spares, tickets
from devices.upkeep.checks import Check, Run
from devices.upkeep.spares import Part
from devices.upkeep.ticket_states import Act, acts_in
from devices.upkeep.tickets import Comment, Move, Ticket

SOON = timedelta(days=7)


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    """A device, place or person that can be chosen."""

    id: str
    name_zh: str
    name_en: str


class TicketLine(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket in a list; ``overdue`` while it is not done after its time."""

    ticket: Ticket
    device_zh: str
    device_en: str
    place_zh: str
    place_en: str
    assignee: str
    opened_by: str
    overdue: bool
    acts: tuple[Act, ...]


class TicketFile(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket with its steps, what was written on it, and the parts it used."""

    line: TicketLine
    moves: tuple[Move, ...]
    comments: tuple[Comment, ...]
    parts: tuple[tuple[str, int], ...]


class CheckLine(msgspec.Struct, frozen=True, kw_only=True):
    """A planned check: ``days`` until it is due, negative when it is overdue; the last times it was done."""

    check: Check
    place_zh: str
    place_en: str
    device_zh: str
    device_en: str
    days: int
    devices: int
    runs: tuple[Run, ...]


class Upkeep(msgspec.Struct, frozen=True, kw_only=True):
    """The whole page: what is to be done first in front."""

    now: datetime
    me: str
    tickets: tuple[TicketLine, ...]
    past: tuple[TicketLine, ...]
    checks: tuple[CheckLine, ...]
    parts: tuple[Part, ...]
    people: tuple[Thing, ...]
    devices: tuple[Thing, ...]
    places: tuple[Thing, ...]


class _Names(msgspec.Struct, frozen=True):
    people: Mapping[str, str]
    devices: Mapping[str, Thing]
    places: Mapping[str, Thing]


def upkeep(conn: sa.Connection, school: str, me: str, now: datetime, today: date) -> Upkeep:
    """Everything that is to be kept up at ``now``; ``me`` is the account that looks."""
    names = _names(conn, school)
    return Upkeep(
        now=now,
        me=me,
        tickets=tuple(_line(one, names, now) for one in tickets.living(conn, school)),
        past=tuple(_line(one, names, now) for one in tickets.past(conn, school)),
        checks=tuple(_check(conn, school, one, names, today) for one in checks.planned(conn, school)),
        parts=tuple(spares.on_shelf(conn, school)),
        people=people(conn, school),
        devices=tuple(names.devices.values()),
        places=tuple(names.places.values()),
    )


def ticket_file(conn: sa.Connection, school: str, ticket: str, now: datetime) -> TicketFile:
    """One ticket; raises `NotFound`."""
    names = _names(conn, school)
    line = _line(tickets.get(conn, school, ticket), names, now)
    who = names.people
    return TicketFile(
        line=line,
        moves=tuple(
            msgspec.structs.replace(one, by=who.get(one.by, one.by), assignee=who.get(one.assignee, one.assignee))
            for one in tickets.moves(conn, ticket)
        ),
        comments=tuple(
            msgspec.structs.replace(one, by=who.get(one.by, one.by)) for one in tickets.comments(conn, ticket)
        ),
        parts=tuple(spares.used_by(conn, ticket)),
    )


def tickets_of(conn: sa.Connection, school: str, device: str, now: datetime) -> tuple[TicketLine, ...]:
    """The tickets of one device, those that live in front; for its page."""
    names = _names(conn, school)
    found = [*tickets.living(conn, school, device), *tickets.past(conn, school, device, limit=None)]
    return tuple(_line(one, names, now) for one in found)


def photo_of(conn: sa.Connection, school: str, ticket: str, comment: int) -> str:
    """The id of the attached picture of a comment; raises `NotFound`."""
    tickets.get(conn, school, ticket)
    for one in tickets.comments(conn, ticket):
        if one.id == comment and one.photo:
            return one.photo
    raise NotFound(f"the ticket {ticket!r} has no photo {comment}")


def alarm_told(conn: sa.Connection, school: str, alarm: str) -> AlarmRow:
    """What an alarm told of a device or place; raises `NotFound`, also for one that is about a student."""
    found = alarm_queries.alarm(conn, school, alarm).alarm
    if is_about_a_student(found):
        raise NotFound(f"the alarm {alarm!r} is not about a device or a place")
    return found


def _line(ticket: Ticket, names: _Names, now: datetime) -> TicketLine:
    device = names.devices.get(ticket.device or "")
    place = names.places.get(ticket.place or "")
    return TicketLine(
        ticket=ticket,
        device_zh=device.name_zh if device else ticket.device or "",
        device_en=device.name_en if device else ticket.device or "",
        place_zh=place.name_zh if place else "",
        place_en=place.name_en if place else "",
        assignee=names.people.get(ticket.assignee, ticket.assignee),
        opened_by=names.people.get(ticket.opened_by, ticket.opened_by),
        overdue=ticket.state in {"open", "assigned", "waiting"} and now > ticket.due_at,
        acts=acts_in(ticket.state),
    )


def _check(conn: sa.Connection, school: str, check: Check, names: _Names, today: date) -> CheckLine:
    place, device = names.places.get(check.place or ""), names.devices.get(check.device or "")
    runs = checks.history(conn, check.id, 3)
    return CheckLine(
        check=check,
        place_zh=place.name_zh if place else "",
        place_en=place.name_en if place else "",
        device_zh=device.name_zh if device else "",
        device_en=device.name_en if device else "",
        days=(check.next_due - today).days,
        devices=len(checks.devices_of(conn, school, check)),
        runs=tuple(msgspec.structs.replace(one, by=names.people.get(one.by, one.by)) for one in runs),
    )


def _names(conn: sa.Connection, school: str) -> _Names:
    columns = (devices.c.id, devices.c.name, devices.c.name_en)
    rows = conn.execute(sa.select(*columns).where(devices.c.school == school).order_by(devices.c.id))
    return _Names(
        people=account_names(conn, school),
        devices={id_: Thing(id=id_, name_zh=zh, name_en=en or zh) for id_, zh, en in rows},
        places={one.id: Thing(id=one.id, name_zh=one.name, name_en=one.name_en) for one in places(conn, school)},
    )


def people(conn: sa.Connection, school: str) -> tuple[Thing, ...]:
    """Who can be given a ticket: everybody who may maintain devices and may sign in."""
    able = [role for role, rights in RIGHTS.items() if "devices.maintain" in rights]
    query = sa.select(accounts.c.id, accounts.c.name).where(
        accounts.c.school == school, accounts.c.role.in_(able), accounts.c.disabled_at.is_(None)
    )
    rows = conn.execute(query.order_by(accounts.c.name))
    return tuple(Thing(id=id_, name_zh=name, name_en=name) for id_, name in rows)
