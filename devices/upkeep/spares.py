"""Spare parts: what lies on which shelf, how few are too few, and every part that came or went."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from campus.errors import Conflict, NotFound
from campus.ids import new_id
from devices.upkeep import tickets
from devices.upkeep.tables import spare_moves as moves
from devices.upkeep.tables import spare_parts as parts


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part with how many there are and from which number on more are to be bought."""

    id: str
    name: str
    number: str
    shelf: str
    stock: int
    minimum: int


class PartMove(msgspec.Struct, frozen=True, kw_only=True):
    """Parts that came (``change`` above 0) or went; ``ticket`` used them, if any did."""

    change: int
    stock: int
    ticket: str
    at: datetime
    by: str
    note: str


def add(
    conn: sa.Connection, school: str, name: str, number: str, shelf: str, stock: int, minimum: int, by: str,
    now: datetime,
) -> Part:  # fmt: skip
    """Put a part on the list, with what is there of it."""
    made = Part(id=new_id(), name=name, number=number, shelf=shelf, stock=stock, minimum=minimum)
    conn.execute(parts.insert().values(school=school, **msgspec.structs.asdict(made)))
    _moved(conn, made.id, PartMove(change=stock, stock=stock, ticket="", at=now, by=by, note=""))
    return made


def move(
    conn: sa.Connection, school: str, part: str, change: int, by: str, now: datetime, ticket: str = "", note: str = ""
) -> Part:
    """Parts came or went; raises `NotFound` for a part or ticket, `Conflict` when there are not so many."""
    if change == 0:
        raise Conflict("say how many came or went")
    if ticket:
        tickets.get(conn, school, ticket)
    enough = (parts.c.id == part) & (parts.c.school == school) & (parts.c.stock + change >= 0)
    if conn.execute(parts.update().where(enough).values(stock=parts.c.stock + change)).rowcount == 0:
        there = get(conn, school, part)
        raise Conflict(f"there are {there.stock} of {there.name}; {-change} cannot be taken")
    left = get(conn, school, part)
    _moved(conn, part, PartMove(change=change, stock=left.stock, ticket=ticket, at=now, by=by, note=note))
    return left


def get(conn: sa.Connection, school: str, part: str) -> Part:
    """One part; raises `NotFound`."""
    row = conn.execute(_select(school).where(parts.c.id == part)).mappings().first()
    if row is None:
        raise NotFound(f"no spare part {part!r} at {school!r}")
    return Part(**row)


def on_shelf(conn: sa.Connection, school: str) -> list[Part]:
    """Every part, those that are too few first."""
    query = _select(school).order_by((parts.c.stock >= parts.c.minimum), parts.c.name, parts.c.id)
    return [Part(**row) for row in conn.execute(query).mappings()]


def history(conn: sa.Connection, part: str, limit: int = 50) -> list[PartMove]:
    """What came and went of a part, the newest first."""
    columns = [moves.c[name] for name in PartMove.__struct_fields__]
    query = sa.select(*columns).where(moves.c.part == part).order_by(moves.c.id.desc()).limit(limit)
    return [PartMove(**row) for row in conn.execute(query).mappings()]


def used_by(conn: sa.Connection, ticket: str) -> list[tuple[str, int]]:
    """The names of the parts that a ticket used, with how many."""
    query = (
        sa.select(parts.c.name, -sa.func.sum(moves.c.change))
        .join(parts, parts.c.id == moves.c.part)
        .where(moves.c.ticket == ticket)
        .group_by(parts.c.id, parts.c.name)
    )
    return [(name, int(count)) for name, count in conn.execute(query.order_by(parts.c.name))]


def _moved(conn: sa.Connection, part: str, said: PartMove) -> None:
    conn.execute(moves.insert().values(part=part, **msgspec.structs.asdict(said)))


def _select(school: str) -> sa.Select[Any]:
    return sa.select(*(parts.c[name] for name in Part.__struct_fields__)).where(parts.c.school == school)
