"""`campus import FOLDER`: a school's roster, places, devices, bells, timetable, calendar, leave and credentials."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from attendance.calendar.files import import_exams, import_terms
from attendance.guardians.sheet import import_guardians
from attendance.roster import log as roster_log
from attendance.roster.importing import RosterReport
from attendance.roster.read import read_roster
from attendance.roster.roster import STUDENT
from attendance.roster.run import digest_of
from attendance.roster.store import KINDS, apply_roster
from attendance.sheets import school as attendance_files
from attendance.sheets import sessions as session_files
from campus.errors import ImportFileError
from campus.settings import School
from devices.ledger.files import import_devices, import_places


def import_school(
    conn: sa.Connection, school: School, folder: Path, now: datetime, *, confirmed: bool = False
) -> list[str]:
    """Import whatever of the known files is in ``folder``; return a line per file.

    Everything happens in the caller's transaction, so a bad line anywhere changes nothing. Raises `ImportFileError`
    naming the file and the line, and `Conflict` when a roster would remove too many students and nobody ``confirmed``.
    """
    steps: tuple[tuple[str, Callable[[Path], object]], ...] = (
        ("oneroster", lambda path: _import_roster(conn, school.id, path, now, confirmed=confirmed)),
        ("places.csv", lambda path: import_places(conn, school.id, path, now)),
        ("devices.csv", lambda path: import_devices(conn, school.id, path, now)),
        ("credentials.csv", lambda path: attendance_files.import_credentials(conn, school.id, path)),
        ("readers.csv", lambda path: session_files.import_readers(conn, school.id, path)),
        ("boarders.csv", lambda path: session_files.import_boarders(conn, school.id, path)),
        ("bells.csv", lambda path: attendance_files.import_bells(conn, school.id, path)),
        ("terms.csv", lambda path: import_terms(conn, school.id, path)),
        ("timetable.csv", lambda path: attendance_files.import_timetable(conn, school.id, path)),
        ("calendar.csv", lambda path: attendance_files.import_calendar(conn, school.id, path)),
        ("exams.csv", lambda path: import_exams(conn, school.id, path)),
        ("sessions.csv", lambda path: session_files.import_sessions(conn, school.id, path)),
        ("statuses.csv", lambda path: session_files.import_statuses(conn, school.id, path)),
        ("leave_kinds.csv", lambda path: session_files.import_leave_kinds(conn, school.id, path)),
        ("guardians.csv", lambda path: import_guardians(conn, school.id, path, now).guardians),
        ("leave.csv", lambda path: attendance_files.import_leave(conn, school.id, path, school.zone)),
    )
    present = [(name, step) for name, step in steps if (folder / name).exists()]
    if not present:
        names = ", ".join(name for name, _ in steps)
        raise ImportFileError(str(folder), 0, f"none of the known files is here: {names}")
    return [f"{name}: {step(folder / name)}" for name, step in present]


def _import_roster(conn: sa.Connection, school: str, path: Path, now: datetime, *, confirmed: bool) -> str:
    """Import the roster and note it among the imports; what it changed, in a line."""
    roster = read_roster(path)
    diff = apply_roster(conn, school, roster, now, confirmed=confirmed)
    counts = {kind: diff.counts(kind) for kind in KINDS}
    report = RosterReport(
        schools=1, students=sum(one.role == STUDENT for one in roster.people), counts=counts, fields={}, samples=()
    )
    noted = roster_log.begin(conn, school, path.name, "command", digest_of(path), now)
    roster_log.end_well(conn, noted, report, now)
    told = [f"{kind} +{added} ~{changed} -{gone}" for kind, (added, changed, gone) in counts.items()]
    return ", ".join(line for line in told if not line.endswith("+0 ~0 -0")) or "nothing changed"
