"""Cards presented inside the site: at dormitory doors, room readers and lab seats; stored once and read back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from attendance.evidence.directions import Tap, walk
from attendance.evidence.passes import Holder, Key, moment_of
from attendance.policy import Sighting
from attendance.register.tables import sightings
from attendance.tables import readers
from campus import db
from campus.envelope import Envelope
from campus.events import GatePass, LabSeatTaken
from campus.keylists import ask, asked, matching

Scope = Literal["dormitory", "room", "seat"]
SCOPES: tuple[Scope, ...] = ("dormitory", "room", "seat")
# Who sleeps in the dormitory begins the day inside: a door that does not know its direction sees them go out first.
_ALWAYS = datetime(1, 1, 1, tzinfo=UTC)


class Reader(msgspec.Struct, frozen=True):
    """A reader inside the site, and the place it stands for."""

    scope: Scope
    place: str | None


class Seen(msgspec.Struct, frozen=True):
    """What readers inside the site saw of one student: by room, and at the doors of the dormitory."""

    rooms: Mapping[str, Sequence[Sighting]]
    dorm: Sequence[Sighting]


NOTHING_SEEN = Seen({}, ())


def readers_inside(conn: sa.Connection, schools: Collection[str]) -> dict[Key, Reader]:
    """The readers that stand inside the sites of ``schools``, by school and device."""
    rows = ask(conn, _readers, ((school,) for school in schools))
    return {(school, device): Reader(scope, place) for school, device, scope, place in rows}


@cache
def _readers(dialect: str) -> sa.Select[tuple[Any, ...]]:
    keys = asked(dialect, readers.c.school)
    columns = (readers.c.school, readers.c.device, readers.c.scope, readers.c.place)
    return sa.select(*columns).join_from(keys, readers, matching(keys, readers.c.school))


def card_of(envelope: Envelope) -> str | None:
    """The card that an event shows, if it shows one."""
    body = envelope.body
    return body.credential if isinstance(body, GatePass | LabSeatTaken) else None


def store(
    conn: sa.Connection,
    envelopes: Sequence[Envelope],
    inside: Mapping[Key, Reader],
    holders: Mapping[Key, Holder],
) -> None:
    """Store sightings; one that comes twice is stored once."""
    rows = []
    for envelope in envelopes:
        card = card_of(envelope) or ""
        reader = inside.get((envelope.school, envelope.device), Reader("seat", None))
        holder = holders.get((envelope.school, card))
        rows.append(
            {
                "school": envelope.school,
                "id": envelope.id,
                "scope": reader.scope,
                "device": envelope.device,
                "place": reader.place or envelope.source.place,
                "at": moment_of(envelope),
                "credential": card,
                "student": holder.student if holder else None,
                "direction": envelope.body.direction if isinstance(envelope.body, GatePass) else "in",
                "late": envelope.late,
                "suspect": envelope.clock_suspect,
            }
        )
    db.upsert(sightings, conn, rows, ["school", "id"], [])


def seen_within(conn: sa.Connection, of: Collection[Key], start: datetime, end: datetime) -> dict[Key, Seen]:
    """What readers inside saw of students from ``start`` to before ``end``, by school and student."""
    rows: dict[Key, list[sa.Row[tuple[Any, ...]]]] = defaultdict(list)
    for row in ask(conn, _sighted, of, start=start, end=end):
        rows[row.school, row.student].append(row)
    return {key: _seen(own) for key, own in rows.items()}


@cache
def _sighted(dialect: str) -> sa.Select[tuple[Any, ...]]:
    keys = asked(dialect, sightings.c.school, sightings.c.student)
    within = sightings.c.at >= sa.bindparam("start"), sightings.c.at < sa.bindparam("end")
    mine = matching(keys, sightings.c.school, sightings.c.student)
    return sa.select(sightings).join_from(keys, sightings, sa.and_(mine, *within))


def _seen(rows: Sequence[sa.Row[tuple[Any, ...]]]) -> Seen:
    rooms: dict[str, list[Sighting]] = defaultdict(list)
    doors = []
    for row in rows:
        cells = row._mapping
        doubtful = bool(cells["suspect"])
        if cells["scope"] == "dormitory":
            doors.append(
                Tap(
                    id=cells["id"],
                    at=cells["at"],
                    gate=cells["device"],
                    place=cells["place"],
                    stated=cells["direction"],
                    late=cells["late"],
                    suspect=doubtful,
                )
            )
        else:
            rooms[cells["place"] or cells["device"]].append(Sighting(cells["at"], cells["device"], "in", doubtful))
    dorm = [Sighting(one.tap.at, one.tap.gate, one.direction, one.tap.suspect) for one in walk(doors, _ALWAYS)]
    return Seen(rooms, dorm)
