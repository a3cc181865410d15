"""Import of places.csv and devices.csv: whole or not at all, and the same file twice changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from campus import db
from devices.ledger import registry_changes
from devices.ledger.assets import Asset, assets, store
from devices.ledger.rows import ASSET_COLUMNS, asset_of_row, cells_of, refuse_shared_numbers
from devices.ledger.table_file import Row, each, read_rows, refuse_circles, rows_of, written
from devices.presence import states
from devices.registry import KINDS, mark_changed
from devices.tables import device_states, devices, places
from devices.trust.quarantine import release
from devices.upkeep.calibration import follow_ledger

PLACE_KINDS = ("campus", "building", "floor", "room", "gate", "outdoor")
PLACE_COLUMNS = ("id", "parent", "kind", "name", "name_en", "floor", "outline")
DEVICE_COLUMNS = ("id", "kind", "name", "name_en", "place", "parent", "model", "covers", "x", "y")
PLAN_WIDTH, PLAN_HEIGHT = 1000, 640


class Imported(msgspec.Struct, frozen=True):
    """What an import did, in rows."""

    added: int
    changed: int
    unchanged: int

    def __str__(self) -> str:
        return f"{self.added} added, {self.changed} changed, {self.unchanged} as before"


def import_places(conn: sa.Connection, school: str, path: Path, now: datetime, by: str = "import") -> Imported:
    """Take over a places.csv; raises `ImportFileError` naming file and lines. Places not in the file stay."""
    return take_places(conn, school, read_rows(path, PLACE_COLUMNS), now, by)


def take_places(conn: sa.Connection, school: str, rows: Sequence[Row], now: datetime, by: str) -> Imported:
    """Take over the rows of a places.csv."""
    stored = _stored(conn, places, school)
    values = each(rows, lambda row: _place(row, school))
    known = {id_: row["parent"] for id_, row in stored.items()} | {row["id"]: row["parent"] for row in values}
    each(rows, lambda row: _refuse_unknown(row, "parent", row.cells["parent"].split(), known, "place"))
    refuse_circles(rows, known)
    changed = _store(conn, places, stored, values)
    _note(conn, school, "place", stored, changed, now, by)
    return _done(stored, values, {row["id"] for row in changed})


def import_devices(conn: sa.Connection, school: str, path: Path, now: datetime, by: str = "import") -> Imported:
    """Take over a devices.csv; raises `ImportFileError` naming file and lines. Devices not in the file stay.

    Places must have been imported before. A device of the file that was retired is in use again. The columns of the
    ledger may be left out: what they would say stays as it is. Each field that changes is a row of the history.
    """
    return take_devices(conn, school, read_rows(path, DEVICE_COLUMNS), now, by)


def take_devices(conn: sa.Connection, school: str, rows: Sequence[Row], now: datetime, by: str) -> Imported:
    """Take over the rows of a devices.csv."""
    stored = _stored(conn, devices, school)
    values = each(rows, lambda row: _device(row, school))
    _refuse_dangling(conn, school, rows, stored, values)
    ledger = assets(conn, school)
    said = dict(each(rows, lambda row: (row.id(), asset_of_row(row, ledger.get(row.id(), Asset())))))
    refuse_shared_numbers(rows, {**ledger, **said})
    changed = _store(conn, devices, stored, values)
    _note(conn, school, "device", stored, changed, now, by)
    amended = store(conn, school, ledger, said, by, now)
    follow_ledger(conn, school, amended, by, now)
    touched = amended | {row["id"] for row in changed}
    if changed:
        db.upsert(device_states, conn, [states.create(school, row["id"]) for row in values], ["school", "device"], [])
        release(conn, school, [row["id"] for row in values])
        mark_changed(conn, school)
    return _done(stored, values, touched)


def device_rows(name: str, content: bytes) -> list[Row]:
    """The rows of a devices.csv that came as ``content``."""
    return rows_of(name, content, DEVICE_COLUMNS)


def place_rows(name: str, content: bytes) -> list[Row]:
    """The rows of a places.csv that came as ``content``."""
    return rows_of(name, content, PLACE_COLUMNS)


def export_devices(conn: sa.Connection, school: str) -> bytes:
    """Every device in use with its ledger as a CSV file that `import_devices` takes back without a change."""
    ledger = assets(conn, school)
    lines = [
        _cells(row, DEVICE_COLUMNS) | cells_of(ledger.get(row["id"], Asset()))
        for row in _stored(conn, devices, school).values()
        if row["retired_at"] is None
    ]
    return written((*DEVICE_COLUMNS, *ASSET_COLUMNS), lines)


def export_places(conn: sa.Connection, school: str) -> bytes:
    """Every place as a CSV file that `import_places` takes back without a change."""
    return written(PLACE_COLUMNS, [_cells(row, PLACE_COLUMNS) for row in _stored(conn, places, school).values()])


def _refuse_dangling(
    conn: sa.Connection, school: str, rows: Sequence[Row], stored: dict[str, Any], values: Sequence[dict[str, Any]]
) -> None:
    known = {id_: row["parent"] for id_, row in stored.items()} | {row["id"]: row["parent"] for row in values}
    known_places = set(conn.execute(sa.select(places.c.id).where(places.c.school == school)).scalars())

    def check(row: Row) -> None:
        _refuse_unknown(row, "parent", row.cells["parent"].split(), known, "device")
        _refuse_unknown(row, "place", row.cells["place"].split(), known_places, "place")
        _refuse_unknown(row, "covers", row.cells["covers"].split(), known_places, "place")

    each(rows, check)
    refuse_circles(rows, known)


def outline_points(outline: str) -> list[tuple[float, float]]:
    """The corners of an outline ``x,y x,y ...`` on the plan; raises `ValueError` when it is none."""
    points = []
    for corner in outline.split():
        x, y = corner.split(",")
        points.append((float(x), float(y)))
    if points and len(points) < 3:
        raise ValueError("an outline needs at least 3 corners")
    if not all(0 <= x <= PLAN_WIDTH and 0 <= y <= PLAN_HEIGHT for x, y in points):
        raise ValueError(f"a corner lies outside the plan of {PLAN_WIDTH} x {PLAN_HEIGHT}")
    return points


def _place(row: Row, school: str) -> dict[str, Any]:
    floor = row.number("floor", -20, 200)
    try:
        outline_points(row.cells["outline"])
    except ValueError as error:
        raise row.error(f"outline: {error}; write it as 'x,y x,y x,y'") from None
    return {
        "school": school,
        "id": row.id(),
        "parent": row.optional("parent"),
        "kind": row.choice("kind", PLACE_KINDS),
        "name": row.required("name"),
        "name_en": row.cells["name_en"] or row.required("name"),
        "floor": None if floor is None else int(floor),
        "outline": row.cells["outline"],
    }


def _device(row: Row, school: str) -> dict[str, Any]:
    return {
        "school": school,
        "id": row.id(),
        "kind": row.choice("kind", KINDS),
        "name": row.required("name"),
        "name_en": row.cells["name_en"] or row.required("name"),
        "place": row.optional("place"),
        "parent": row.optional("parent"),
        "model": row.cells["model"],
        "covers": " ".join(row.cells["covers"].split()),
        "x": row.number("x", 0, PLAN_WIDTH),
        "y": row.number("y", 0, PLAN_HEIGHT),
        "retired_at": None,
    }


def _refuse_unknown(row: Row, column: str, ids: Sequence[str], known: Any, what: str) -> None:
    for id_ in ids:
        if id_ not in known:
            raise row.error(f"{column} {id_!r} is no {what} of this school; add it to the file or mend the id")


def _stored(conn: sa.Connection, table: sa.Table, school: str) -> dict[str, dict[str, Any]]:
    rows = conn.execute(sa.select(table).where(table.c.school == school).order_by(table.c.id))
    return {row.id: dict(row._mapping) for row in rows}


def _store(
    conn: sa.Connection, table: sa.Table, stored: dict[str, dict[str, Any]], values: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Write the rows that are new or different, and return them."""
    changed = [row for row in values if row != stored.get(row["id"])]
    columns = [column.name for column in table.c if column.name not in {"school", "id"}]
    db.upsert(table, conn, changed, ["school", "id"], columns)
    return changed


def _note(
    conn: sa.Connection, school: str, thing: registry_changes.Thing, stored: dict[str, dict[str, Any]],
    changed: Sequence[dict[str, Any]], now: datetime, by: str,
) -> None:  # fmt: skip
    noted = [
        change
        for row in changed
        for change in registry_changes.differences(row["id"], stored.get(row["id"]), row, now, by)
    ]
    registry_changes.note(conn, school, thing, noted)


def _done(stored: dict[str, Any], values: Sequence[dict[str, Any]], touched: set[str]) -> Imported:
    added = sum(row["id"] not in stored for row in values)
    changed = len(touched & set(stored))
    return Imported(added, changed, len(values) - added - changed)


def _cells(row: dict[str, Any], columns: Sequence[str]) -> dict[str, str]:
    return {column: _cell(row[column]) for column in columns}


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return repr(int(value) if value.is_integer() else value)
    return "" if value is None else str(value)
