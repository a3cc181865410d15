"""Where those inside were last seen, by place, and how many more or fewer may be inside than the cards say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

import msgspec
import sqlalchemy as sa

from attendance.register.tables import passes, sightings, site_states
from attendance.site.site import State
from attendance.tables import students

NOBODY_KNOWS = "unknown"


class LastSeen(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one student today: the site's state with its gate, and the newest card shown inside."""

    state: State
    gate: str | None = None  # the place of the gate
    passed_at: datetime | None = None
    place: str | None = None  # of the reader inside
    direction: str | None = None  # a dormitory's door knows whether somebody came out
    seen_at: datetime | None = None


class PlaceCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many of those inside were last seen at a place; ``place`` is None for who was seen nowhere today."""

    place: str | None
    students: int


class GateFlow(msgspec.Struct, frozen=True, kw_only=True):
    """What passed a gate today: cards, and people counted at its line; None where nothing counts."""

    place: str
    cards_in: int
    cards_out: int
    counted_in: int | None = None
    counted_out: int | None = None


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """How many students and others are inside at least and at most.

    ``without_card_in`` and ``without_card_out`` walked past the counters of a gate without a card of their own;
    ``uncounted`` are gates without counters, of which nothing is known.
    """

    at_least: int
    at_most: int
    without_card_in: int
    without_card_out: int
    uncounted: tuple[str, ...]


def place_of(one: LastSeen) -> str | None:
    """Where somebody who is inside was last seen. Pure; the later of gate and reader is believed."""
    shown = one.seen_at is not None and (one.passed_at is None or one.seen_at >= one.passed_at)
    return one.place if shown and one.direction != "out" else one.gate


def bounds(inside: int, unknown: int, flows: Iterable[GateFlow]) -> Bounds:
    """The bounds by the cards and the counters. Pure.

    Who walked in behind a card is inside beyond the cards; who walked out behind one is not, though the cards say so;
    who is unknown may be either. Counters that saw fewer than the cards say nothing: they miss people in a rush.
    """
    gates = list(flows)
    more = sum(max(0, one.counted_in - one.cards_in) for one in gates if one.counted_in is not None)
    fewer = sum(max(0, one.counted_out - one.cards_out) for one in gates if one.counted_out is not None)
    blind = tuple(one.place for one in gates if one.counted_in is None or one.counted_out is None)
    return Bounds(
        at_least=max(0, inside - fewer),
        at_most=inside + unknown + more,
        without_card_in=more,
        without_card_out=fewer,
        uncounted=blind,
    )


def inside_by_place(conn: sa.Connection, school: str, day_start: datetime) -> list[PlaceCount]:
    """Where those inside were last seen since ``day_start``, the fullest place first; two queries for a school."""
    seen = _seen(conn, school, day_start)
    same = sa.and_(site_states.c.school == students.c.school, site_states.c.student == students.c.id)
    query = sa.select(students.c.id, site_states.c.at, site_states.c.place).join_from(students, site_states, same)
    here = (students.c.school == school, students.c.active, site_states.c.state == "in")
    counts: Counter[str | None] = Counter()
    for student, passed_at, gate in conn.execute(query.where(*here)):
        place, direction, seen_at = seen.get(student, (None, None, None))
        one = LastSeen(state="in", gate=gate, passed_at=passed_at, place=place, direction=direction, seen_at=seen_at)
        counts[place_of(one)] += 1
    return [PlaceCount(place=place, students=number) for place, number in counts.most_common()]


_Seen = tuple[str | None, str | None, datetime | None]


def _seen(conn: sa.Connection, school: str, day_start: datetime) -> dict[str, _Seen]:
    """The newest card each student showed inside: place, direction, moment.

    Asked by the students' ids, as by gates in `card_flows`: so an index finds the day, and no year is read.
    """
    active = sa.select(students.c.id).where(students.c.school == school, students.c.active)
    columns = (sightings.c.student, sightings.c.place, sightings.c.direction, sightings.c.at)
    query = sa.select(*columns).where(
        sightings.c.school == school,
        sightings.c.student.in_(active),
        sightings.c.at >= day_start,
        ~sightings.c.suspect,
    )
    return {student: (place, way, at) for student, place, way, at in conn.execute(query.order_by(sightings.c.at))}


def card_flows(
    conn: sa.Connection,
    school: str,
    start: datetime,
    end: datetime,
    counted: Mapping[str, tuple[int, int]],
    gates: Collection[str],
    devices: Collection[str],
) -> list[GateFlow]:
    """The flow of each of the ``gates``, by place: cards from ``start`` to before ``end``, taps of a minute as one.

    ``devices`` are those that read the cards; ``counted`` are people counted in and out, by place.
    """
    minute = sa.cast(passes.c.at, sa.BigInteger) // 60_000
    person = passes.c.credential.concat(":").concat(sa.cast(minute, sa.String))
    query = (
        sa.select(passes.c.place, passes.c.direction, sa.func.count(sa.distinct(person)))
        .where(passes.c.school == school, passes.c.gate.in_(devices), passes.c.at >= start, passes.c.at < end)
        .where(~passes.c.suspect)
        .group_by(passes.c.place, passes.c.direction)
    )
    cards = {(place, way): int(number) for place, way, number in conn.execute(query)}
    return [
        GateFlow(
            place=place,
            cards_in=cards.get((place, "in"), 0),
            cards_out=cards.get((place, "out"), 0),
            counted_in=counted[place][0] if place in counted else None,
            counted_out=counted[place][1] if place in counted else None,
        )
        for place in sorted(gates)
    ]
