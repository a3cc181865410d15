"""Rows as a CSV file that spreadsheets open rightly and run nothing of."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from campus.cells import RUN

_BOM = "\ufeff"  # without it Excel does not read Chinese as UTF-8


def spreadsheet(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """The rows as CSV in UTF-8 with a byte order mark; None is an empty cell."""
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow(columns)
    table.writerows([_cell(value) for value in row] for row in rows)
    return (_BOM + file.getvalue()).encode()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(RUN) else text
