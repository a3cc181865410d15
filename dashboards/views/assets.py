"""The ledger of one device as its page shows it: the asset, its papers and every change, with names for ids."""

from __future__ import annotations

from datetime import date

import msgspec
import sqlalchemy as sa

from dashboards.views.people import account_names
from devices.ledger import documents, registry_changes
from devices.ledger.assets import Asset, asset_of
from devices.ledger.documents import Document
from devices.ledger.registry_changes import RegistryChange


class AssetFile(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledger says of a device; ``warranty_days`` and ``calibration_days`` are days from today, negative
    when they are over."""

    asset: Asset
    warranty_days: int | None
    calibration_days: int | None
    documents: tuple[Document, ...]
    history: tuple[RegistryChange, ...]


def asset_file(conn: sa.Connection, school: str, device: str, today: date) -> AssetFile:
    """The ledger of one device; raises `NotFound`."""
    asset, names = asset_of(conn, school, device), account_names(conn, school)
    papers = documents.documents(conn, school, device)
    changes = registry_changes.history(conn, school, "device", device)
    return AssetFile(
        asset=asset,
        warranty_days=_days(asset.warranty_until, today),
        calibration_days=_days(asset.calibration_due, today),
        documents=tuple(msgspec.structs.replace(one, added_by=names.get(one.added_by, one.added_by)) for one in papers),
        history=tuple(msgspec.structs.replace(one, by=names.get(one.by, one.by)) for one in changes),
    )


def _days(day: date | None, today: date) -> int | None:
    return None if day is None else (day - today).days
