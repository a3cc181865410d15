"""Passes as stored: new ones kept once, a student's day of them read back with its directions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from attendance.directions import Passage, Tap, walk
from attendance.tables import credentials, passes, students
from campus import db
from campus.envelope import Envelope
from campus.events import GatePass


class Holder(msgspec.Struct, frozen=True):
    """An active student and the class whose roll the student is on."""

    student: str
    class_id: str


def holders_of(conn: sa.Connection, school: str, cards: Collection[str]) -> dict[str, Holder]:
    """Whose the cards are, by credential; cards of nobody active are left out."""
    same = sa.and_(students.c.school == credentials.c.school, students.c.id == credentials.c.student)
    query = (
        sa.select(credentials.c.credential, students.c.id, students.c.class_id)
        .join_from(credentials, students, same)
        .where(credentials.c.school == school, credentials.c.credential.in_(cards), students.c.active)
    )
    return {card: Holder(student, class_id or "") for card, student, class_id in conn.execute(query)}


def unseen(conn: sa.Connection, school: str, envelopes: Sequence[Envelope]) -> list[Envelope]:
    """The passes that are not stored yet: neither under their id nor as the same record of the same reader."""
    ids = {envelope.id for envelope in envelopes}
    known = set(conn.execute(sa.select(passes.c.id).where(passes.c.school == school, passes.c.id.in_(ids))).scalars())
    records = _stored_records(conn, school, envelopes)
    fresh = []
    for envelope in envelopes:
        record = _record_of(envelope)
        if envelope.id not in known and record not in records:
            known.add(envelope.id)
            if record is not None:
                records.add(record)
            fresh.append(envelope)
    return fresh


_Record = tuple[str, datetime, int]


def _record_of(envelope: Envelope) -> _Record | None:
    """Gate, its time and its own record number: a reader that sends its memory again gives new ids to old passes."""
    serial = _body(envelope).serial
    return None if serial is None else (envelope.device, envelope.at, serial)


def _stored_records(conn: sa.Connection, school: str, envelopes: Sequence[Envelope]) -> set[_Record | None]:
    records = [record for envelope in envelopes if (record := _record_of(envelope))]
    if not records:
        return set()
    query = sa.select(passes.c.gate, passes.c.told_at, passes.c.serial).where(
        passes.c.school == school,
        passes.c.gate.in_({gate for gate, _, _ in records}),
        passes.c.told_at.in_({at for _, at, _ in records}),
        passes.c.serial.isnot(None),
    )
    return {(gate, at, serial) for gate, at, serial in conn.execute(query)}


def store(conn: sa.Connection, envelopes: Sequence[Envelope], holders: Mapping[str, Holder]) -> None:
    """Store new passes; those of cards nobody has are stored too, and can be claimed when the card becomes known."""
    rows = []
    for envelope in envelopes:
        body = _body(envelope)
        holder = holders.get(body.credential)
        rows.append(
            {
                "school": envelope.school,
                "id": envelope.id,
                "gate": envelope.device,
                "place": envelope.source.place,
                "lane": body.lane,
                "at": moment_of(envelope),
                "told_at": envelope.at,
                "received_at": envelope.received,
                "credential": body.credential,
                "student": holder.student if holder else None,
                "stated": body.direction,
                "direction": body.direction,
                "serial": body.serial,
                "late": envelope.late,
                "suspect": envelope.clock_suspect,
            }
        )
    db.upsert(passes, conn, rows, ["school", "id"], [])


def moment_of(envelope: Envelope) -> datetime:
    """When a pass counts as made: the gate's time, or that of receipt when the gate's clock is suspect."""
    return envelope.received if envelope.clock_suspect else envelope.at


def taps_within(
    conn: sa.Connection, school: str, of: Collection[str], start: datetime, end: datetime
) -> dict[str, list[Tap]]:
    """The taps of students from ``start`` to before ``end``, by student."""
    columns = [passes.c[name] for name in Tap.__struct_fields__]
    query = sa.select(passes.c.student, *columns).where(
        passes.c.school == school, passes.c.student.in_(of), passes.c.at >= start, passes.c.at < end
    )
    found: dict[str, list[Tap]] = defaultdict(list)
    for student, id_, at, gate, place, stated, late, suspect in conn.execute(query):
        found[student].append(Tap(id=id_, at=at, gate=gate, place=place, stated=stated, late=late, suspect=suspect))
    return found


def repair(
    conn: sa.Connection, school: str, taps: Mapping[str, Iterable[Tap]], dismissal: datetime | None
) -> dict[str, list[Passage]]:
    """The passages of each student; directions that lanes did not state are stored as repaired."""
    walks = {student: walk(own, dismissal) for student, own in taps.items()}
    rows = [
        {"pass_id": passage.tap.id, "repaired": passage.direction}
        for passages in walks.values()
        for passage in passages
        if passage.tap.stated is None
    ]
    if rows:
        here = (passes.c.school == school, passes.c.id == sa.bindparam("pass_id"))
        conn.execute(passes.update().where(*here).values(direction=sa.bindparam("repaired")), rows)
    return walks


def spooled_within(
    conn: sa.Connection, school: str, gates: Collection[str], start: datetime, end: datetime
) -> dict[str, list[datetime]]:
    """The moments of passes that ``gates`` stored while offline and handed in later, by gate."""
    query = sa.select(passes.c.gate, passes.c.at).where(
        passes.c.school == school,
        passes.c.gate.in_(gates),
        passes.c.at >= start,
        passes.c.at <= end,
        passes.c.late,
        ~passes.c.suspect,
    )
    found: dict[str, list[datetime]] = defaultdict(list)
    for gate, at in conn.execute(query):
        found[gate].append(at)
    return found


def unclaimed_passes(conn: sa.Connection, school: str, start: datetime, end: datetime) -> int:
    """How many passes from ``start`` to before ``end`` were made with cards of nobody."""
    here = (passes.c.school == school, passes.c.student.is_(None), passes.c.at >= start, passes.c.at < end)
    return int(conn.execute(sa.select(sa.func.count()).select_from(passes).where(*here)).scalar_one())


def _body(envelope: Envelope) -> GatePass:
    assert isinstance(envelope.body, GatePass)
    return envelope.body
