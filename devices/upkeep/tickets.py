"""Tickets: opened from an alarm, a check or a device, given to somebody, done with an outcome; every step a row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from campus.errors import Conflict, NotFound
from campus.ids import new_id
from devices.ledger.assets import refuse_unknown
from devices.queries import refuse_unknown_place
from devices.upkeep.tables import ticket_comments, ticket_moves, tickets
from devices.upkeep.ticket_states import DUE, LIVE, Act, Severity, State, next_state


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """One ticket. ``assignee`` and ``opened_by`` are ids of accounts, ``outcome`` is empty until it is done."""

    id: str
    device: str | None = None
    place: str | None = None
    alarm: str | None = None
    title: str
    severity: Severity
    state: State = "open"
    assignee: str = ""
    outcome: str = ""
    opened_at: datetime
    opened_by: str
    due_at: datetime
    done_at: datetime | None = None


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a ticket's state."""

    old: str
    new: str
    at: datetime
    by: str
    assignee: str
    note: str


class Comment(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wrote; ``photo`` names an attached picture, if there is one."""

    id: int
    at: datetime
    by: str
    text: str
    photo: str


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done: on a device or in a place; ``alarm`` is what told of it."""

    title: str
    severity: Severity = "normal"
    device: str | None = None
    place: str | None = None
    alarm: str | None = None


class Doing(msgspec.Struct, frozen=True, kw_only=True):
    """What is said with an act: to whom, with what outcome, and words."""

    act: Act
    assignee: str = ""
    outcome: str = ""
    note: str = ""


def open_ticket(conn: sa.Connection, school: str, work: Work, by: str, now: datetime) -> Ticket:
    """Open a ticket, due by its severity. Raises `NotFound` for a device or place that is not there, `Conflict` when
    the alarm has a ticket that lives."""
    if work.device is not None:
        refuse_unknown(conn, school, work.device)
    if work.place is not None and work.alarm is None:  # an alarm knows where it was
        refuse_unknown_place(conn, school, work.place)
    if work.alarm is not None:
        this = (tickets.c.school == school) & (tickets.c.alarm == work.alarm) & tickets.c.state.in_(LIVE)
        if (there := conn.execute(sa.select(tickets.c.title).where(this)).scalar()) is not None:
            raise Conflict(f"the alarm has a ticket already: {there}")
    made = Ticket(
        id=new_id(), opened_at=now, opened_by=by, due_at=now + DUE[work.severity], **msgspec.structs.asdict(work)
    )
    conn.execute(tickets.insert().values(school=school, **msgspec.structs.asdict(made)))
    _moved(conn, made.id, Move(old="", new="open", at=now, by=by, assignee="", note=""))
    return made


def act(conn: sa.Connection, school: str, ticket: str, doing: Doing, by: str, now: datetime) -> Ticket:
    """Take a ticket its next step; raises `NotFound`, and `Conflict` when the step cannot follow or lacks a word."""
    old = get(conn, school, ticket)
    said = {"assignee": doing.assignee, "outcome": doing.outcome, "note": doing.note}
    state = next_state(old.state, doing.act, said)
    assignee = doing.assignee or old.assignee or by
    change: dict[str, Any] = {"state": state, "assignee": assignee}
    if doing.act == "done":
        change |= {"outcome": doing.outcome, "done_at": now}
    if doing.act == "redo":
        change |= {"outcome": "", "done_at": None}
    # Two people may press at once: the step counts from the state that was seen.
    this = (tickets.c.id == ticket) & (tickets.c.state == old.state)
    if conn.execute(tickets.update().where(this).values(**change)).rowcount == 0:
        raise Conflict("somebody else was faster; look at the ticket again")
    _moved(conn, ticket, Move(old=old.state, new=state, at=now, by=by, assignee=assignee, note=doing.note))
    return get(conn, school, ticket)


def comment(
    conn: sa.Connection, school: str, ticket: str, text: str, by: str, now: datetime, photo: str = ""
) -> None:  # fmt: skip
    """Write on a ticket, with a photo that was kept; raises `NotFound`, and `Conflict` for nothing at all."""
    get(conn, school, ticket)
    if not text and not photo:
        raise Conflict("a comment needs words or a photo")
    conn.execute(ticket_comments.insert().values(ticket=ticket, at=now, by=by, text=text, photo=photo))


def get(conn: sa.Connection, school: str, ticket: str) -> Ticket:
    """One ticket; raises `NotFound`."""
    row = conn.execute(_select(school).where(tickets.c.id == ticket)).mappings().first()
    if row is None:
        raise NotFound(f"no ticket {ticket!r} at {school!r}")
    return Ticket(**row)


def living(conn: sa.Connection, school: str, device: str | None = None) -> list[Ticket]:
    """The tickets with which somebody still has something to do, the first due in front."""
    query = _select(school).where(tickets.c.state.in_(LIVE)).order_by(tickets.c.due_at, tickets.c.id)
    if device is not None:
        query = query.where(tickets.c.device == device)
    return [Ticket(**row) for row in conn.execute(query).mappings()]


def past(conn: sa.Connection, school: str, device: str | None = None, limit: int | None = 50) -> list[Ticket]:
    """The tickets that are over, the newest first."""
    query = _select(school).where(tickets.c.state.not_in(LIVE)).order_by(tickets.c.id.desc()).limit(limit)
    if device is not None:
        query = query.where(tickets.c.device == device)
    return [Ticket(**row) for row in conn.execute(query).mappings()]


def moves(conn: sa.Connection, ticket: str) -> list[Move]:
    """The steps of a ticket, the oldest first."""
    columns = [ticket_moves.c[name] for name in Move.__struct_fields__]
    query = sa.select(*columns).where(ticket_moves.c.ticket == ticket).order_by(ticket_moves.c.id)
    return [Move(**row) for row in conn.execute(query).mappings()]


def comments(conn: sa.Connection, ticket: str) -> list[Comment]:
    """What was written on a ticket, the oldest first."""
    columns = [ticket_comments.c[name] for name in Comment.__struct_fields__]
    query = sa.select(*columns).where(ticket_comments.c.ticket == ticket).order_by(ticket_comments.c.id)
    return [Comment(**row) for row in conn.execute(query).mappings()]


def repairs(
    conn: sa.Connection, school: str, since: datetime, device: str | None = None
) -> list[tuple[str, datetime, datetime]]:
    """From when to when a device, or each of a school, waited for its repair, of the tickets that were done after
    ``since`` and found a fault: as (device, from, to), by their start."""
    query = sa.select(tickets.c.device, tickets.c.opened_at, tickets.c.done_at).where(
        tickets.c.school == school, tickets.c.device.is_not(None), tickets.c.done_at > since,
        tickets.c.outcome.in_(("repaired", "replaced", "adjusted", "written_off")),
    )  # fmt: skip
    if device is not None:
        query = query.where(tickets.c.device == device)
    return [(of, opened, done) for of, opened, done in conn.execute(query.order_by(tickets.c.opened_at))]


def done_counts(conn: sa.Connection, school: str, start: datetime, end: datetime) -> dict[str, int]:
    """How many tickets of each device were done from ``start`` to ``end``."""
    inside = (tickets.c.done_at >= start) & (tickets.c.done_at < end) & tickets.c.device.is_not(None)
    query = sa.select(tickets.c.device, sa.func.count()).where(tickets.c.school == school, inside)
    return {str(row[0]): int(row[1]) for row in conn.execute(query.group_by(tickets.c.device))}


def _moved(conn: sa.Connection, ticket: str, move: Move) -> None:
    conn.execute(ticket_moves.insert().values(ticket=ticket, **msgspec.structs.asdict(move)))


def _select(school: str) -> sa.Select[Any]:
    return sa.select(*(tickets.c[name] for name in Ticket.__struct_fields__)).where(tickets.c.school == school)
