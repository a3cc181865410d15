"""The ledger's columns of devices.csv: read with errors that name the line, and written so that they come back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

import msgspec

from devices.ledger.assets import Asset
from devices.ledger.table_file import Row

ASSET_COLUMNS = (
    "serial", "capabilities", "address", "asset_number", "cost", "supplier", "purchased", "warranty_until",
    "calibration_due", "calibration_months", "notes",
)  # fmt: skip
_LENGTHS = {"serial": 100, "asset_number": 100, "supplier": 200, "notes": 5000, "capabilities": 1000, "address": 255}
MOST_MONTHS = 60
_ADDRESS = re.compile(r"[A-Za-z0-9.\[\]:_-]*")


def asset_of_row(row: Row, before: Asset) -> Asset:
    """``before`` with what the row's columns say; a column that the file has not stays, an empty cell empties."""
    for column, longest in _LENGTHS.items():
        if len(row.cells.get(column, "")) > longest:
            raise row.error(f"{column} has more than {longest} characters; shorten it")
    said: dict[str, object] = {
        column: row.cells[column] for column in ("serial", "asset_number", "supplier", "notes") if column in row.cells
    }
    if "capabilities" in row.cells:
        said["capabilities"] = tuple(row.cells["capabilities"].split())
    if "address" in row.cells:
        said["address"] = _address(row)
    if "cost" in row.cells:
        said["cost_cents"] = _cents(row)
    said |= {column: _day(row, column) for column in ("purchased", "warranty_until", "calibration_due")
             if column in row.cells}  # fmt: skip
    if "calibration_months" in row.cells:
        said["calibration_months"] = _months(row)
    return msgspec.structs.replace(before, **said)


def cells_of(asset: Asset) -> dict[str, str]:
    """The cells of an asset, by column."""
    days = {column: getattr(asset, column) for column in ("purchased", "warranty_until", "calibration_due")}
    return {
        "serial": asset.serial,
        "capabilities": " ".join(asset.capabilities),
        "address": asset.address,
        "asset_number": asset.asset_number,
        "cost": "" if asset.cost_cents is None else f"{asset.cost_cents // 100}.{asset.cost_cents % 100:02d}",
        "supplier": asset.supplier,
        "notes": asset.notes,
        "calibration_months": "" if asset.calibration_months is None else str(asset.calibration_months),
        **{column: day.isoformat() if day else "" for column, day in days.items()},
    }


def refuse_shared_numbers(rows: Sequence[Row], assets: Mapping[str, Asset]) -> None:
    """Raise for the first row whose asset number another device has, in the file or in the ledger (``assets``)."""
    owners: dict[str, list[str]] = {}
    for device, asset in assets.items():
        if asset.asset_number:
            owners.setdefault(asset.asset_number, []).append(device)
    for row in rows:
        number = assets[row.id()].asset_number
        others = [device for device in owners.get(number, ()) if device != row.id()]
        if others:
            raise row.error(f"asset_number {number!r} is also that of {others[0]!r}; each thing has its own")


def _address(row: Row) -> str:
    text = row.cells["address"]
    if not _ADDRESS.fullmatch(text):
        raise row.error(f"address {text!r} is no host or host:port")
    return text


def _cents(row: Row) -> int | None:
    text = row.cells["cost"].replace(",", "").lstrip("¥￥")
    if not text:
        return None
    try:
        cents = Decimal(text) * 100
    except InvalidOperation:
        raise row.error(f"cost {row.cells['cost']!r} is not a number; write it as 1234.50") from None
    if not cents.is_finite() or cents != cents.to_integral_value() or not 0 <= cents <= 10**13:
        raise row.error(f"cost {row.cells['cost']!r} is not an amount of at most two decimals from 0 up")
    return int(cents)


def _months(row: Row) -> int | None:
    text = row.cells["calibration_months"]
    if not text:
        return None
    if not re.fullmatch("[0-9]{1,2}", text, re.ASCII) or not 1 <= int(text) <= MOST_MONTHS:
        raise row.error(f"calibration_months {text!r} is no number from 1 to {MOST_MONTHS}; write 12 for once a year")
    return int(text)


def _day(row: Row, column: str) -> date | None:
    text = row.cells[column].replace("/", "-").replace(".", "-")
    if not text:
        return None
    try:
        year, month, day = (int(part) for part in text.split("-"))
        return date(year, month, day)  # also 2026-9-1, as Excel writes it
    except ValueError:
        raise row.error(f"{column} {row.cells[column]!r} is no day; write it as 2026-09-01") from None
