"""The device table as a file for a spreadsheet: what the facility manager takes along or sends to the supplier."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from dashboards.views.devices import DeviceLine

COLUMNS = ("id", "kind", "name", "name_en", "place", "model", "state", "since", "last_seen", "gaps", "needs")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a cell that begins so would be run by the spreadsheet
_BOM = "\ufeff"  # without it Excel does not read Chinese as UTF-8


def csv_of(lines: Iterable[DeviceLine]) -> bytes:
    """The devices as CSV in UTF-8 with a byte order mark; moments are RFC 3339 in UTC."""
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow(COLUMNS)
    table.writerows([_cell(value) for value in _row(line)] for line in lines)
    return (_BOM + file.getvalue()).encode()


def _row(line: DeviceLine) -> tuple[object, ...]:
    return (
        line.id, line.kind, line.name_zh, line.name_en, line.place_zh, line.model, line.state,
        line.since and line.since.isoformat(), line.last_seen and line.last_seen.isoformat(), line.gaps,
        " ".join(line.needs),
    )  # fmt: skip


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
