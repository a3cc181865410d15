"""Import of places.csv and devices.csv: whole or not at all, and the same file twice changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from campus import db
from devices import states
from devices.quarantine import release
from devices.registry import KINDS, mark_changed
from devices.table_file import Row, read_rows, refuse_circles
from devices.tables import device_states, devices, places

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


def import_places(conn: sa.Connection, school: str, path: Path) -> Imported:
    """Take over a places.csv; raises `ImportFileError` naming file and line. Places not in the file stay."""
    rows = read_rows(path, PLACE_COLUMNS)
    stored = _stored(conn, places, school)
    values = [_place(row, school) for row in rows]
    known = {id_: row["parent"] for id_, row in stored.items()} | {row["id"]: row["parent"] for row in values}
    for row in rows:
        _refuse_unknown(row, "parent", row.cells["parent"].split(), known, "place")
    refuse_circles(rows, known)
    return _store(conn, places, stored, values)


def import_devices(conn: sa.Connection, school: str, path: Path) -> Imported:
    """Take over a devices.csv; raises `ImportFileError` naming file and line. Devices not in the file stay.

    Places must have been imported before. A device of the file that was retired is in use again.
    """
    rows = read_rows(path, DEVICE_COLUMNS)
    stored = _stored(conn, devices, school)
    values = [_device(row, school) for row in rows]
    known = {id_: row["parent"] for id_, row in stored.items()} | {row["id"]: row["parent"] for row in values}
    known_places = set(conn.execute(sa.select(places.c.id).where(places.c.school == school)).scalars())
    for row in rows:
        _refuse_unknown(row, "parent", row.cells["parent"].split(), known, "device")
        _refuse_unknown(row, "place", row.cells["place"].split(), known_places, "place")
        _refuse_unknown(row, "covers", row.cells["covers"].split(), known_places, "place")
    refuse_circles(rows, known)
    done = _store(conn, devices, stored, values)
    if done.added or done.changed:
        db.upsert(device_states, conn, [states.create(school, row["id"]) for row in values], ["school", "device"], [])
        release(conn, school, [row["id"] for row in values])
        mark_changed(conn, school)
    return done


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
    rows = conn.execute(sa.select(table).where(table.c.school == school))
    return {row.id: dict(row._mapping) for row in rows}


def _store(
    conn: sa.Connection, table: sa.Table, stored: dict[str, dict[str, Any]], values: Sequence[dict[str, Any]]
) -> Imported:
    added = [row for row in values if row["id"] not in stored]
    changed = [row for row in values if row["id"] in stored and row != stored[row["id"]]]
    columns = [column.name for column in table.c if column.name not in {"school", "id"}]
    db.upsert(table, conn, [*added, *changed], ["school", "id"], columns)
    return Imported(len(added), len(changed), len(values) - len(added) - len(changed))
