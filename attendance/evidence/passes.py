"""Passes as stored: new ones kept once, a student's day of them read back with its directions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa

from attendance.evidence.directions import Passage, Tap, walk
from attendance.register.tables import passes
from attendance.tables import credentials, students
from campus import db
from campus.envelope import Envelope
from campus.events import GatePass
from campus.keylists import ask, asked, matching

Key = tuple[str, str]  # a school, and the id of something of it


class Holder(msgspec.Struct, frozen=True):
    """An active student and the class whose roll the student is on."""

    school: str
    student: str
    class_id: str

    @property
    def key(self) -> Key:
        """School and student."""
        return self.school, self.student


def holders_of(conn: sa.Connection, cards: Collection[Key]) -> dict[Key, Holder]:
    """Whose the cards are, by school and credential; cards of nobody active are left out."""
    rows = ask(conn, _holders, cards)
    return {(school, card): Holder(school, student, home or "") for school, card, student, home in rows}


@cache
def _holders(dialect: str) -> sa.Select[tuple[Any, ...]]:
    keys = asked(dialect, credentials.c.school, credentials.c.credential)
    same = sa.and_(students.c.school == credentials.c.school, students.c.id == credentials.c.student)
    return (
        sa.select(credentials.c.school, credentials.c.credential, students.c.id, students.c.class_id)
        .join_from(keys, credentials, matching(keys, credentials.c.school, credentials.c.credential))
        .join(students, same)
        .where(students.c.active)
    )


def unseen(conn: sa.Connection, envelopes: Sequence[Envelope]) -> list[Envelope]:
    """The passes that are not stored yet: neither under their id nor as the same record of the same reader."""
    known = {(school, id_) for school, id_ in ask(conn, _known, ((one.school, one.id) for one in envelopes))}
    records = _stored_records(conn, envelopes)
    fresh = []
    for envelope in envelopes:
        record, key = _record_of(envelope), (envelope.school, envelope.id)
        if key not in known and record not in records:
            known.add(key)
            if record is not None:
                records.add(record)
            fresh.append(envelope)
    return fresh


_Record = tuple[str, str, datetime, int]


def _record_of(envelope: Envelope) -> _Record | None:
    """School, gate, its time, its record number: a reader that sends its memory again gives new ids to old passes."""
    serial = _body(envelope).serial
    return None if serial is None else (envelope.school, envelope.device, envelope.at, serial)


def _stored_records(conn: sa.Connection, envelopes: Sequence[Envelope]) -> set[_Record | None]:
    records = [record for envelope in envelopes if (record := _record_of(envelope))]
    if not records:
        return set()
    return {(school, gate, at, serial) for school, gate, at, serial in ask(conn, _records, records)}


@cache
def _known(dialect: str) -> sa.Select[tuple[Any, ...]]:
    keys = asked(dialect, passes.c.school, passes.c.id)
    return sa.select(passes.c.school, passes.c.id).join_from(keys, passes, matching(keys, passes.c.school, passes.c.id))


@cache
def _records(dialect: str) -> sa.Select[tuple[Any, ...]]:
    columns = (passes.c.school, passes.c.gate, passes.c.told_at, passes.c.serial)
    keys = asked(dialect, *columns)
    return sa.select(*columns).join_from(keys, passes, matching(keys, *columns))


def store(conn: sa.Connection, envelopes: Sequence[Envelope], holders: Mapping[Key, Holder]) -> None:
    """Store new passes; those of cards nobody has are stored too, and can be claimed when the card becomes known."""
    rows = []
    for envelope in envelopes:
        body = _body(envelope)
        holder = holders.get((envelope.school, body.credential))
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


def taps_within(conn: sa.Connection, of: Collection[Key], start: datetime, end: datetime) -> dict[Key, list[Tap]]:
    """The taps of students from ``start`` to before ``end``, by school and student."""
    found: dict[Key, list[Tap]] = defaultdict(list)
    for school, student, id_, at, gate, place, stated, late, suspect in ask(conn, _taps, of, start=start, end=end):
        tap = Tap(id=id_, at=at, gate=gate, place=place, stated=stated, late=late, suspect=suspect)
        found[school, student].append(tap)
    return found


@cache
def _taps(dialect: str) -> sa.Select[tuple[Any, ...]]:
    keys = asked(dialect, passes.c.school, passes.c.student)
    columns = [passes.c[name] for name in ("school", "student", *Tap.__struct_fields__)]
    within = passes.c.at >= sa.bindparam("start"), passes.c.at < sa.bindparam("end")
    mine = matching(keys, passes.c.school, passes.c.student)
    return sa.select(*columns).join_from(keys, passes, sa.and_(mine, *within))


def repair(
    conn: sa.Connection, taps: Mapping[Key, Iterable[Tap]], dismissals: Mapping[str, datetime | None]
) -> dict[Key, list[Passage]]:
    """The passages of each student; directions that lanes did not state are stored as repaired."""
    walks = {key: walk(own, dismissals.get(key[0])) for key, own in taps.items()}
    rows = [
        {"of_school": school, "pass_id": passage.tap.id, "repaired": passage.direction}
        for (school, _), passages in walks.items()
        for passage in passages
        if passage.tap.stated is None
    ]
    if rows:
        here = (passes.c.school == sa.bindparam("of_school"), passes.c.id == sa.bindparam("pass_id"))
        conn.execute(passes.update().where(*here).values(direction=sa.bindparam("repaired")), rows)
    return walks


def spooled_within(
    conn: sa.Connection, gates: Collection[Key], start: datetime, end: datetime
) -> dict[Key, list[datetime]]:
    """The moments of passes that ``gates`` stored while offline and handed in later, by school and gate."""
    found: dict[Key, list[datetime]] = defaultdict(list)
    for school, gate, at in ask(conn, _spooled, gates, start=start, end=end):
        found[school, gate].append(at)
    return found


@cache
def _spooled(dialect: str) -> sa.Select[tuple[Any, ...]]:
    keys = asked(dialect, passes.c.school, passes.c.gate)
    within = passes.c.at >= sa.bindparam("start"), passes.c.at <= sa.bindparam("end")
    here = sa.and_(matching(keys, passes.c.school, passes.c.gate), *within)
    query = sa.select(passes.c.school, passes.c.gate, passes.c.at).join_from(keys, passes, here)
    return query.where(passes.c.late, ~passes.c.suspect)


def unclaimed_passes(conn: sa.Connection, school: str, start: datetime, end: datetime) -> int:
    """How many passes from ``start`` to before ``end`` were made with cards of nobody."""
    here = (passes.c.school == school, passes.c.student.is_(None), passes.c.at >= start, passes.c.at < end)
    return int(conn.execute(sa.select(sa.func.count()).select_from(passes).where(*here)).scalar_one())


def _body(envelope: Envelope) -> GatePass:
    assert isinstance(envelope.body, GatePass)
    return envelope.body
