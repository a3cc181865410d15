"""The device table as a file for a spreadsheet: what the facility manager takes along or sends to the supplier."""

from __future__ import annotations

from collections.abc import Iterable

from dashboards.views.devices import DeviceLine
from dashboards.views.spreadsheet import spreadsheet

COLUMNS = (
    "id", "kind", "name", "name_en", "place", "model", "state", "since", "last_seen", "gaps", "needs", "score",
    "findings",
)  # fmt: skip


def csv_of(lines: Iterable[DeviceLine]) -> bytes:
    """The devices as CSV in UTF-8 with a byte order mark; moments are RFC 3339 in UTC."""
    return spreadsheet(COLUMNS, map(_row, lines))


def _row(line: DeviceLine) -> tuple[object, ...]:
    return (
        line.id, line.kind, line.name_zh, line.name_en, line.place_zh, line.model, line.state,
        line.since and line.since.isoformat(), line.last_seen and line.last_seen.isoformat(), line.gaps,
        " ".join(line.needs), line.score, "; ".join(f"{one.code}: {one.why}" for one in line.findings),
    )  # fmt: skip
