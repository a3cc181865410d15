"""Where things stand on the plan: positions of devices, the view of cameras, outlines of places, changed by people."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from campus.errors import Conflict, NotFound
from devices.ledger.files import PLAN_HEIGHT, PLAN_WIDTH, outline_points
from devices.ledger.registry_changes import differences, note
from devices.plan.tables import device_sights
from devices.registry import mark_changed
from devices.tables import devices, places


class Sight(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a camera looks: degrees clockwise from up, degrees from edge to edge, units of the plan."""

    heading: Annotated[float, Meta(ge=0, lt=360)]
    angle: Annotated[float, Meta(ge=5, le=360)]
    reach: Annotated[float, Meta(ge=5, le=400)]


class DeviceSight(msgspec.Struct, frozen=True, kw_only=True):
    """The view of one camera."""

    device: str
    sight: Sight


def sights(conn: sa.Connection, school: str) -> tuple[DeviceSight, ...]:
    """The views of a school's cameras."""
    rows = conn.execute(sa.select(device_sights).where(device_sights.c.school == school)).mappings()
    return tuple(
        DeviceSight(
            device=row["device"], sight=Sight(heading=row["heading"], angle=row["angle"], reach=row["reach"])
        )
        for row in rows
    )  # fmt: skip


def put_device(
    conn: sa.Connection, school: str, device: str, x: float, y: float, sight: Sight | None, by: str, now: datetime
) -> None:
    """Place a device on the plan; raises `NotFound` or `Conflict`. The change is on record."""
    if not (0 <= x <= PLAN_WIDTH and 0 <= y <= PLAN_HEIGHT):
        raise Conflict(f"the plan is {PLAN_WIDTH} x {PLAN_HEIGHT}; {x:g}, {y:g} lies outside")
    old = _row(conn, devices, school, device)
    note(conn, school, "device", differences(device, old, old | {"x": x, "y": y}, now, by))
    conn.execute(devices.update().where(*_this(devices, school, device)).values(x=x, y=y))
    conn.execute(device_sights.delete().where(device_sights.c.school == school, device_sights.c.device == device))
    if sight is not None:
        conn.execute(device_sights.insert().values(school=school, device=device, **msgspec.structs.asdict(sight)))
    mark_changed(conn, school)


def put_outline(conn: sa.Connection, school: str, place: str, outline: str, by: str, now: datetime) -> None:
    """Draw a place; an empty outline takes it off the plan. Raises `NotFound`, or `Conflict` saying what is wrong."""
    try:
        outline_points(outline)
    except ValueError as error:
        raise Conflict(f"outline: {error}; write it as 'x,y x,y x,y'") from None
    old = _row(conn, places, school, place)
    note(conn, school, "place", differences(place, old, old | {"outline": outline}, now, by))
    conn.execute(places.update().where(*_this(places, school, place)).values(outline=outline))


def _this(table: sa.Table, school: str, id_: str) -> tuple[sa.ColumnElement[bool], ...]:
    return table.c.school == school, table.c.id == id_


def _row(conn: sa.Connection, table: sa.Table, school: str, id_: str) -> dict[str, Any]:
    found = conn.execute(sa.select(table).where(*_this(table, school, id_))).mappings().first()
    if found is None:
        raise NotFound(f"there is no {id_!r} in the registry of this school")
    return dict(found)
