"""Who is inside by building, and how many more or fewer there may be by the counters at the gates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from attendance.calendar.schoolday import day_bounds, local_day
from attendance.rollbook import RollBook
from attendance.site.last_places import Bounds, PlaceCount, bounds, card_flows, inside_by_place
from campus.clock import to_ms
from campus.series.store import Bucket, SeriesKey, SeriesStore
from devices import queries
from devices.queries import Place
from devices.tables import devices

_EVERY_MS = 600_000
BUILDING, GATE = "building", "gate"


class BuildingCount(msgspec.Struct, frozen=True, kw_only=True):
    """Students last seen in a building, by a reader or a door there; ids and names are empty for the open grounds.

    Whoever passed a gate and no reader since is on the open grounds as far as anybody knows.
    """

    building: str
    name_zh: str
    name_en: str
    students: int


class OnSitePlaces(msgspec.Struct, frozen=True, kw_only=True):
    """Those inside by building, the fullest first, and the bounds of how many are inside."""

    now: datetime
    buildings: tuple[BuildingCount, ...]
    bounds: Bounds


def on_site_places(conn: sa.Connection, store: SeriesStore, school: str, zone: ZoneInfo, now: datetime) -> OnSitePlaces:
    """Where the students of a school are. Raises `Unavailable` when the counters' series cannot be read."""
    start = day_bounds(local_day(now, zone), zone)[0]
    places = queries.places(conn, school)
    total = RollBook(zone).on_site(conn, school)
    gates = [place.id for place in places if place.kind == GATE]
    counted = _counted(conn, store, school, gates, (start, now))
    return OnSitePlaces(
        now=now,
        buildings=tuple(by_building(inside_by_place(conn, school, start), places)),
        bounds=bounds(
            total.inside,
            total.unknown,
            card_flows(conn, school, start, now, counted, gates, _read_at(conn, school, gates)),
        ),
    )


def by_building(counts: Iterable[PlaceCount], places: Sequence[Place]) -> list[BuildingCount]:
    """The counts of rooms, floors and doors added up to their buildings. Pure."""
    known = {place.id: place for place in places}
    found: Counter[str] = Counter()
    for one in counts:
        found[_building_of(one.place, known)] += one.students
    return [
        BuildingCount(
            building=id_,
            name_zh=known[id_].name if id_ else "",
            name_en=known[id_].name_en if id_ else "",
            students=number,
        )
        for id_, number in found.most_common()
    ]


def _building_of(place: str | None, known: Mapping[str, Place]) -> str:
    seen: set[str] = set()
    while place is not None and place in known and place not in seen:
        if known[place].kind == BUILDING:
            return place
        seen.add(place)
        place = known[place].parent
    return ""


def _read_at(conn: sa.Connection, school: str, gates: Sequence[str]) -> list[str]:
    """The devices that may read cards at the gates, retired ones among them."""
    there = sa.or_(devices.c.kind == GATE, devices.c.place.in_(gates))
    return list(conn.execute(sa.select(devices.c.id).where(devices.c.school == school, there)).scalars())


def _counted(
    conn: sa.Connection, store: SeriesStore, school: str, gates: Sequence[str], span: tuple[datetime, datetime]
) -> dict[str, tuple[int, int]]:
    """People counted in and out at the lines of the cameras of each gate that has one."""
    here = (devices.c.school == school, devices.c.kind == "camera", devices.c.retired_at.is_(None))
    query = sa.select(devices.c.id, devices.c.place).where(*here, devices.c.place.in_(gates))
    found: dict[str, tuple[int, int]] = {}
    for device, place in conn.execute(query):
        lines = [metric for metric in store.latest(school, device) if metric.startswith("line.")]
        ways = [_grown(store, school, device, lines, way, span) for way in (".in", ".out")]
        if lines:
            before = found.get(place, (0, 0))
            found[place] = before[0] + ways[0], before[1] + ways[1]
    return found


def _grown(
    store: SeriesStore, school: str, device: str, metrics: Iterable[str], way: str, span: tuple[datetime, datetime]
) -> int:
    own = [metric for metric in metrics if metric.endswith(way)]
    start, end = to_ms(span[0]), to_ms(span[1])
    return sum(grown(store.aggregate(SeriesKey(school, device, one), start, end, _EVERY_MS)) for one in own)


def grown(buckets: Sequence[Bucket]) -> int:
    """How much a counter grew that only grows until it starts again at 0. Pure."""
    total, before = 0.0, None
    for one in buckets:
        base = one.min if before is None else before
        total += one.max - base if one.max >= base else one.max
        before = one.max
    return round(total)
