"""The asset ledger: serial, purchase, warranty, calibration and notes of each device, changed with a record of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from msgspec import UNSET, Meta, UnsetType

from campus import db
from campus.errors import Conflict, NotFound
from devices.ledger import registry_changes
from devices.ledger.tables import device_assets
from devices.tables import devices

Short = Annotated[str, Meta(max_length=100)]
Words = Annotated[tuple[Annotated[str, Meta(pattern=r"^[^\s]{1,40}$")], ...], Meta(max_length=20)]
Address = Annotated[str, Meta(max_length=255, pattern=r"^[A-Za-z0-9.\[\]:_-]*$")]


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledger says of a device. ``cost_cents``: hundredths of the school's currency; ``address``: host or
    host:port in the school's network, for monitoring; ``calibration_months``: from one calibration to the next."""

    serial: str = ""
    capabilities: tuple[str, ...] = ()
    address: str = ""
    asset_number: str = ""
    cost_cents: int | None = None
    supplier: str = ""
    purchased: date | None = None
    warranty_until: date | None = None
    calibration_due: date | None = None
    calibration_months: int | None = None
    notes: str = ""


class Amendment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """New values of some fields of an asset; a field that is left out stays."""

    serial: Short | UnsetType = UNSET
    capabilities: Words | UnsetType = UNSET
    address: Address | UnsetType = UNSET
    asset_number: Short | UnsetType = UNSET
    cost_cents: Annotated[int, Meta(ge=0, le=10**13)] | UnsetType | None = UNSET
    supplier: Annotated[str, Meta(max_length=200)] | UnsetType = UNSET
    purchased: date | UnsetType | None = UNSET
    warranty_until: date | UnsetType | None = UNSET
    calibration_due: date | UnsetType | None = UNSET
    calibration_months: Annotated[int, Meta(ge=1, le=60)] | UnsetType | None = UNSET
    notes: Annotated[str, Meta(max_length=5000)] | UnsetType = UNSET


def asset_of(conn: sa.Connection, school: str, device: str) -> Asset:
    """What the ledger says of a device, retired or not; an empty asset when nothing; raises `NotFound`."""
    refuse_unknown(conn, school, device)
    return assets(conn, school, [device]).get(device, Asset())


def assets(conn: sa.Connection, school: str, of: Sequence[str] | None = None) -> dict[str, Asset]:
    """The ledger of a school by device id: of the devices ``of``, or all of it."""
    query = device_assets.select().where(device_assets.c.school == school)
    if of is not None:
        query = query.where(device_assets.c.device.in_(of))
    return {row.device: _asset(row) for row in conn.execute(query)}


def amend(conn: sa.Connection, school: str, device: str, said: Amendment, by: str, now: datetime) -> Asset:
    """Change what ``said`` sets; each field that changes is a row of the history. Raises `NotFound`, `Conflict`."""
    old = asset_of(conn, school, device)
    new = msgspec.structs.replace(old, **said_fields(said))
    if new.asset_number and new.asset_number != old.asset_number:
        _refuse_taken(conn, school, device, new.asset_number)
    store(conn, school, {device: old}, {device: new}, by, now)
    return new


def store(
    conn: sa.Connection, school: str, old: Mapping[str, Asset], new: Mapping[str, Asset], by: str, now: datetime
) -> set[str]:
    """Write the assets of ``new`` that differ from ``old``, with their history; returns whose they are."""
    changed = {device: asset for device, asset in new.items() if asset != old.get(device, Asset())}
    rows = [_row(school, device, asset) for device, asset in changed.items()]
    columns = [column.name for column in device_assets.c if column.name not in {"school", "device"}]
    db.upsert(device_assets, conn, rows, ["school", "device"], columns)
    noted = [
        change
        for row in rows
        for change in registry_changes.differences(
            row["device"], _row(school, row["device"], old.get(row["device"], Asset())), row, now, by
        )
    ]
    registry_changes.note(conn, school, "device", noted)
    return set(changed)


def said_fields(said: Amendment) -> dict[str, Any]:
    """The fields that ``said`` sets."""
    given = {key: value for key, value in msgspec.structs.asdict(said).items() if value is not UNSET}
    # As a file would bring them back: no blanks around, and no NUL, which PostgreSQL does not keep.
    return {key: value.replace("\0", "").strip() if isinstance(value, str) else value for key, value in given.items()}


def refuse_unknown(conn: sa.Connection, school: str, device: str) -> None:
    """Raise `NotFound` for a device that is in no registry; a retired one is still in the ledger."""
    this = (devices.c.school == school) & (devices.c.id == device)
    if conn.execute(sa.select(devices.c.id).where(this)).first() is None:
        raise NotFound(f"no device {device!r} at {school!r}; see the device list for its id")


def _refuse_taken(conn: sa.Connection, school: str, device: str, number: str) -> None:
    this = (device_assets.c.school == school) & (device_assets.c.asset_number == number)
    other = conn.execute(sa.select(device_assets.c.device).where(this, device_assets.c.device != device)).scalar()
    if other is not None:
        raise Conflict(f"asset number {number!r} is that of {other!r}; each thing has its own")


def _row(school: str, device: str, asset: Asset) -> dict[str, Any]:
    values = msgspec.structs.asdict(asset)
    return {"school": school, "device": device, **values, "capabilities": " ".join(asset.capabilities)}


def _asset(row: sa.Row[Any]) -> Asset:
    values: dict[str, Any] = {field: row._mapping[field] for field in Asset.__struct_fields__}
    return Asset(**{**values, "capabilities": tuple(values["capabilities"].split())})
