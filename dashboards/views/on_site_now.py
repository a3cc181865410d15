"""The page of who is on site: in numbers by class, building and dormitory, with the bounds that the counters give."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from attendance import queries
from attendance.calendar.schoolday import day_bounds, local_day
from attendance.rollbook import SiteCount
from attendance.site.dormitories import dormitories
from attendance.site.last_places import Bounds
from campus import changes
from campus.errors import Unavailable
from campus.series.store import SeriesStore
from dashboards.views import site
from dashboards.views.on_site_places import BuildingCount, on_site_places
from devices.queries import Place, places


class ClassNow(msgspec.Struct, frozen=True, kw_only=True):
    """A class's students inside, outside, and nobody knows where."""

    class_id: str
    title: str
    inside: int
    outside: int
    unknown: int


class DormitoryNow(msgspec.Struct, frozen=True, kw_only=True):
    """A dormitory's boarders in it, elsewhere on site, off site, and nobody knows where."""

    place: str
    name_zh: str
    name_en: str
    boarders: int
    inside: int
    elsewhere: int
    off_site: int
    unknown: int


class PlaceName(msgspec.Struct, frozen=True, kw_only=True):
    """What a place is called."""

    place: str
    name_zh: str
    name_en: str


class OnSiteNow(msgspec.Struct, frozen=True, kw_only=True):
    """Who is on site now, in numbers; ``bounds`` and buildings are missing when the counters cannot be read."""

    seen: int
    now: datetime
    total: SiteCount
    classes: tuple[ClassNow, ...]
    dormitories: tuple[DormitoryNow, ...]
    buildings: tuple[BuildingCount, ...]
    bounds: Bounds | None
    uncounted: tuple[PlaceName, ...]  # gates without a counter


def on_site_now(conn: sa.Connection, store: SeriesStore, school: str, zone: ZoneInfo, now: datetime) -> OnSiteNow:
    """The page at ``now``: classes of whom somebody is unknown come first."""
    seen = changes.last_id(conn)
    counts = site.on_site(conn, school, zone, now)
    titles = {one.id: one.title for one in queries.classes(conn, school)}
    named = {place.id: place for place in places(conn, school)}
    try:
        where = on_site_places(conn, store, school, zone, now)
    except Unavailable:
        where = None
    day_start = day_bounds(local_day(now, zone), zone)[0]
    return OnSiteNow(
        seen=seen,
        now=now,
        total=counts.total,
        classes=_classes(counts.classes, titles),
        dormitories=tuple(
            DormitoryNow(**(msgspec.structs.asdict(_name(one.place, named)) | msgspec.structs.asdict(one)))
            for one in dormitories(conn, school, day_start)
        ),
        buildings=where.buildings if where else (),
        bounds=where.bounds if where else None,
        uncounted=tuple(_name(gate, named) for gate in (where.bounds.uncounted if where else ())),
    )


def _classes(counts: tuple[site.ClassOnSite, ...], titles: dict[str, str]) -> tuple[ClassNow, ...]:
    """Those with an unknown student before the others, in the order of the school's classes."""
    order = {class_id: place for place, class_id in enumerate(titles)}
    named = (ClassNow(title=titles.get(one.class_id, one.class_id), **msgspec.structs.asdict(one)) for one in counts)
    return tuple(sorted(named, key=lambda one: (one.unknown == 0, order.get(one.class_id, len(order)))))


def _name(place: str, named: dict[str, Place]) -> PlaceName:
    found = named.get(place)
    return PlaceName(place=place, name_zh=found.name if found else place, name_en=found.name_en if found else place)
