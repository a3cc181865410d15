"""Cards presented inside the site: at dormitory doors, room readers and lab seats; stored once and read back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec
import sqlalchemy as sa

from attendance.directions import Tap, walk
from attendance.passes import Holder, moment_of
from attendance.policy import Sighting
from attendance.tables import readers, sightings
from campus import db
from campus.envelope import Envelope
from campus.events import GatePass, LabSeatTaken

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


def readers_inside(conn: sa.Connection, school: str) -> dict[str, Reader]:
    """The readers that stand inside the site of ``school``, by device."""
    query = sa.select(readers.c.device, readers.c.scope, readers.c.place).where(readers.c.school == school)
    return {row.device: Reader(row.scope, row.place) for row in conn.execute(query)}


def card_of(envelope: Envelope) -> str | None:
    """The card that an event shows, if it shows one."""
    body = envelope.body
    return body.credential if isinstance(body, GatePass | LabSeatTaken) else None


def store(
    conn: sa.Connection,
    envelopes: Sequence[Envelope],
    inside: Mapping[str, Reader],
    holders: Mapping[str, Holder],
) -> None:
    """Store sightings; one that comes twice is stored once."""
    rows = []
    for envelope in envelopes:
        card = card_of(envelope) or ""
        reader = inside.get(envelope.device, Reader("seat", None))
        holder = holders.get(card)
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


def seen_within(
    conn: sa.Connection, school: str, of: Collection[str], start: datetime, end: datetime
) -> dict[str, Seen]:
    """What readers inside saw of students from ``start`` to before ``end``, by student."""
    query = sa.select(sightings).where(
        sightings.c.school == school, sightings.c.student.in_(of), sightings.c.at >= start, sightings.c.at < end
    )
    rows: dict[str, list[sa.Row[tuple[object, ...]]]] = defaultdict(list)
    for row in conn.execute(query):
        rows[row.student].append(row)
    return {student: _seen(own) for student, own in rows.items()}


def _seen(rows: Sequence[sa.Row[tuple[object, ...]]]) -> Seen:
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
