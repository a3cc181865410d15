"""`campus import FOLDER`: a school's roster, places, devices, bells, timetable, calendar, leave and credentials."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from attendance import files as attendance_files
from attendance.oneroster import read_roster
from attendance.roster_store import apply_roster
from campus.errors import ImportFileError
from devices.files import import_devices, import_places


def import_school(conn: sa.Connection, school: str, folder: Path, now: datetime, *, dry_run: bool = False) -> list[str]:
    """Import whatever of the known files is in ``folder``; return a line per file.

    Everything happens in the caller's transaction, so a bad line anywhere changes nothing. With ``dry_run`` the caller
    rolls back. Raises `ImportFileError` naming the file and the line.
    """
    steps: tuple[tuple[str, Callable[[Path], object]], ...] = (
        ("oneroster", lambda path: apply_roster(conn, school, read_roster(path), now)),
        ("places.csv", lambda path: import_places(conn, school, path)),
        ("devices.csv", lambda path: import_devices(conn, school, path)),
        ("credentials.csv", lambda path: attendance_files.import_credentials(conn, school, path)),
        ("bells.csv", lambda path: attendance_files.import_bells(conn, school, path)),
        ("timetable.csv", lambda path: attendance_files.import_timetable(conn, school, path)),
        ("calendar.csv", lambda path: attendance_files.import_calendar(conn, school, path)),
        ("leave.csv", lambda path: attendance_files.import_leave(conn, school, path)),
    )
    present = [(name, step) for name, step in steps if (folder / name).exists()]
    if not present:
        names = ", ".join(name for name, _ in steps)
        raise ImportFileError(str(folder), 0, f"none of the known files is here: {names}")
    return [f"{name}: {step(folder / name)}" for name, step in present]
