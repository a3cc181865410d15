"""What the labels of a school's devices say, and which devices are asked for."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from campus.errors import NotFound
from devices.ledger.assets import assets
from devices.ledger.labels import Label
from devices.queries import places
from devices.registry import Device
from devices.tables import devices


def labels_of(
    conn: sa.Connection, school: str, base_url: str, wanted: Sequence[str] = (), place: str = ""
) -> list[Label]:
    """The labels of the devices ``wanted``, or of those in ``place`` and below, or of all in use, by place and id.

    The code holds the address of the device's page, or ``campus:school/device`` where the console has no address.
    Raises `NotFound` for a device or place that is not there.
    """
    named = {one.id: one for one in places(conn, school)}
    found = _devices(conn, school)
    if unknown := sorted(set(wanted) - {device.id for device in found}):
        raise NotFound(f"no device {unknown[0]!r} at {school!r}; see the device list for its id")
    if place:
        if place not in named:
            raise NotFound(f"no place {place!r} at {school!r}")
        inside = below({id_: one.parent for id_, one in named.items()}, place)
        found = [device for device in found if device.place in inside]
    ledger = assets(conn, school)
    chosen = [device for device in found if not wanted or device.id in wanted]
    made = []
    for device in sorted(chosen, key=lambda one: (one.place or "", one.id)):
        where = named[device.place].name if device.place in named and device.place else ""
        asset = ledger.get(device.id)
        numbers = (asset.asset_number, asset.serial) if asset else ()
        lines = tuple(line for line in (where, device.id, *numbers) if line)
        made.append(Label(device.name, lines, _code(base_url, school, device.id)))
    return made


def _code(base_url: str, school: str, device: str) -> str:
    return f"{base_url.rstrip('/')}/devices/{device}" if base_url else f"campus:{school}/{device}"


def _devices(conn: sa.Connection, school: str) -> list[Device]:
    columns = (devices.c.id, devices.c.school, devices.c.kind, devices.c.name, devices.c.name_en, devices.c.place)
    query = sa.select(*columns).where(devices.c.school == school, devices.c.retired_at.is_(None))
    return [Device(*row) for row in conn.execute(query)]


def below(parents: dict[str, str | None], top: str) -> set[str]:
    """``top`` and every place inside it."""
    inside = {top}
    while more := {id_ for id_, parent in parents.items() if parent in inside} - inside:
        inside |= more
    return inside
