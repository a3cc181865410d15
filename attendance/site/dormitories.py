"""How many boarders of each dormitory are in it, elsewhere on site, off site, and nobody knows where."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime

import msgspec
import sqlalchemy as sa

from attendance.register.tables import sightings, site_states
from attendance.site.site import State
from attendance.tables import boarders, students

_DORMITORY = "dormitory"


class Boarder(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one boarder: the site's state, and the last card at the door of the own dormitory today."""

    place: str
    site: State
    seen_at: datetime | None = None  # the last pass of a gate
    door: str | None = None  # in | out
    door_at: datetime | None = None


class DormitoryCount(msgspec.Struct, frozen=True, kw_only=True):
    """A dormitory's boarders: ``elsewhere`` is on site but not in the dormitory, as far as its doors know."""

    place: str
    boarders: int
    inside: int
    elsewhere: int
    off_site: int
    unknown: int


def whereabouts_of(one: Boarder) -> str:
    """``inside``, ``elsewhere``, ``off_site`` or ``unknown``. Pure; the later of gate and door is believed."""
    door_is_news = one.door_at is not None and (one.seen_at is None or one.door_at >= one.seen_at)
    if door_is_news:
        return "inside" if one.door == "in" else "elsewhere"
    return {"in": "elsewhere", "out": "off_site"}.get(one.site, "unknown")


def dormitories(conn: sa.Connection, school: str, day_start: datetime) -> list[DormitoryCount]:
    """The counts of every dormitory that has boarders, in order of their ids; doors count since ``day_start``."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for one in _boarders(conn, school, day_start):
        counts[one.place][whereabouts_of(one)] += 1
    return [
        DormitoryCount(
            place=place,
            boarders=sum(own.values()),
            **{name: own[name] for name in ("inside", "elsewhere", "off_site", "unknown")},
        )
        for place, own in sorted(counts.items())
    ]


def _boarders(conn: sa.Connection, school: str, day_start: datetime) -> list[Boarder]:
    door = (
        sa.select(sightings.c.student, sa.func.max(sightings.c.at).label("at"))
        .where(
            sightings.c.school == school,
            sightings.c.student.in_(sa.select(boarders.c.student).where(boarders.c.school == school)),
            sightings.c.scope == _DORMITORY,
            sightings.c.at >= day_start,
            sightings.c.direction.isnot(None),
            ~sightings.c.suspect,
        )
        .group_by(sightings.c.student)
        .subquery()
    )
    here = sa.and_(sightings.c.school == school, sightings.c.student == door.c.student, sightings.c.at == door.c.at)
    last = sa.select(sightings.c.student, sightings.c.direction, sightings.c.at).join_from(door, sightings, here)
    doors = {row.student: (row.direction, row.at) for row in conn.execute(last.where(sightings.c.scope == _DORMITORY))}
    state = sa.and_(site_states.c.school == boarders.c.school, site_states.c.student == boarders.c.student)
    same = sa.and_(students.c.school == boarders.c.school, students.c.id == boarders.c.student)
    query = (
        sa.select(boarders.c.student, boarders.c.place, site_states.c.state, site_states.c.at)
        .join_from(boarders, students, same)
        .outerjoin(site_states, state)
        .where(boarders.c.school == school, students.c.active)
    )
    found = []
    for row in conn.execute(query):
        direction, at = doors.get(row.student, (None, None))
        one = Boarder(place=row.place, site=row.state or "unknown", seen_at=row.at, door=direction, door_at=at)
        found.append(one)
    return found
