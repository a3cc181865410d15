"""Who is on site in numbers, and the plan of the campus."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from attendance.rollbook import RollBook, SiteCount
from dashboards.views.devices import DeviceLine, lines
from devices import queries
from devices.plan.drawings import Drawing, drawings
from devices.plan.siteplan import DeviceSight, sights


class ClassOnSite(msgspec.Struct, frozen=True, kw_only=True):
    """One class's students inside, outside, and nobody knows where."""

    class_id: str
    inside: int
    outside: int
    unknown: int


class OnSite(msgspec.Struct, frozen=True, kw_only=True):
    """Students inside, outside, and nobody knows where; by class as well."""

    now: datetime
    total: SiteCount
    classes: tuple[ClassOnSite, ...]


class PlanPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A place; ``outline`` is ``x,y x,y ...`` on a plan of 1000 x 640, empty for one that is not drawn."""

    id: str
    parent: str | None
    kind: str
    name_zh: str
    name_en: str
    floor: int | None
    outline: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The campus: places, devices with their state, which floors are drawn (0: the grounds), where cameras look."""

    places: tuple[PlanPlace, ...]
    devices: tuple[DeviceLine, ...]
    drawings: tuple[Drawing, ...] = ()
    sights: tuple[DeviceSight, ...] = ()


def on_site(conn: sa.Connection, school: str, zone: ZoneInfo, now: datetime) -> OnSite:
    """The counts of a school."""
    by_class = RollBook(zone).on_site_by_class(conn, school)
    counts = by_class.values()
    return OnSite(
        now=now,
        total=SiteCount(
            inside=sum(one.inside for one in counts),
            outside=sum(one.outside for one in counts),
            unknown=sum(one.unknown for one in counts),
        ),
        classes=tuple(
            ClassOnSite(class_id=class_id, inside=one.inside, outside=one.outside, unknown=one.unknown)
            for class_id, one in by_class.items()
        ),
    )


def plan(conn: sa.Connection, school: str, now: datetime) -> Plan:
    """The places and devices of a school."""
    places = tuple(
        PlanPlace(
            id=place.id,
            parent=place.parent,
            kind=place.kind,
            name_zh=place.name,
            name_en=place.name_en,
            floor=place.floor,
            outline=place.outline,
        )
        for place in queries.places(conn, school)
    )
    return Plan(
        places=places,
        devices=lines(conn, school, now),
        drawings=drawings(conn, school),
        sights=sights(conn, school),
    )
