"""What is kept how long, and what the last run forgot, for the administrator."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from campus.retention import latest


class KeptLine(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of data: kept for so many ``days`` (0: for ever); when the last run was, and how many rows it forgot."""

    what: str
    days: float
    at: datetime | None
    before: datetime | None
    rows: int


def kept_lines(conn: sa.Connection, kept: Sequence[tuple[str, float]]) -> list[KeptLine]:
    """One line for each kind of data of ``kept``."""
    runs = latest(conn)
    return [
        KeptLine(
            what=what,
            days=days,
            at=runs[what].at if what in runs else None,
            before=runs[what].before if what in runs else None,
            rows=runs[what].rows if what in runs else 0,
        )
        for what, days in kept
    ]
