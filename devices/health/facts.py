"""What the database knows of the devices that are judged together: kind, neighbours, their own word, their silences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta

import msgspec
import sqlalchemy as sa

from campus.clock import to_ms
from devices.ledger.tables import device_assets
from devices.presence.states import health_of
from devices.tables import device_states, device_transitions, devices

_MOST_NEIGHBOURS = 4


class Facts(msgspec.Struct, frozen=True):
    """One device; ``said`` is its own word in its status."""

    kind: str = ""
    place: str | None = None
    said: Mapping[str, float] = {}
    calibration_due: date | None = None


def facts_of(conn: sa.Connection, school: str, which: Collection[str]) -> dict[str, Facts]:
    """The facts of each of ``which``, of one that is in no registry none."""
    of_state = (device_states.c.school == devices.c.school) & (device_states.c.device == devices.c.id)
    of_asset = (device_assets.c.school == devices.c.school) & (device_assets.c.device == devices.c.id)
    query = sa.select(devices.c.id, devices.c.kind, devices.c.place, device_states.c.health)
    query = query.add_columns(device_assets.c.calibration_due)
    query = query.select_from(devices).outerjoin(device_states, of_state).outerjoin(device_assets, of_asset)
    rows = conn.execute(query.where(devices.c.school == school, devices.c.id.in_(which)))
    known = {row.id: Facts(row.kind, row.place, health_of(row.health), row.calibration_due) for row in rows}
    return {device: known.get(device, Facts()) for device in which}


def neighbours_of(conn: sa.Connection, school: str, facts: Mapping[str, Facts]) -> dict[str, list[str]]:
    """For each device some of the same kind in the same place, in use."""
    places = {one.place for one in facts.values() if one.place is not None}
    query = sa.select(devices.c.id, devices.c.place, devices.c.kind).where(devices.c.school == school)
    query = query.where(devices.c.place.in_(places), devices.c.retired_at.is_(None)).order_by(devices.c.id)
    there: dict[tuple[str, str], list[str]] = defaultdict(list)
    for device, place, kind in conn.execute(query):
        there[place, kind].append(device)
    return {
        device: [near for near in there.get((one.place or "", one.kind), ()) if near != device][:_MOST_NEIGHBOURS]
        for device, one in facts.items()
    }


def silences_of(
    conn: sa.Connection, school: str, which: Collection[str], now: datetime, within: timedelta
) -> dict[str, list[int]]:
    """When devices were lately given up for themselves, not for their parent."""
    table = device_transitions
    query = sa.select(table.c.device, table.c.at).where(table.c.school == school, table.c.device.in_(which))
    query = query.where(table.c.at > now - within, table.c.new == "offline", table.c.why != "parent")
    found: dict[str, list[int]] = defaultdict(list)
    for device, at in conn.execute(query):
        found[device].append(to_ms(at))
    return found
