"""guardians.csv: guardians, whose they are and what they agreed to, looked at or taken; every wrong line is named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

import msgspec
import sqlalchemy as sa

from attendance.guardians.wishes import KINDS, Guardian, Kind, Known, guardians_by_id, keep, wrong_guardian
from attendance.sheets.rows import Problems, Row, sheet
from attendance.tables import students


class GuardianReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a sheet changes, or would: guardians in it, new ones, those told differently from what is stored."""

    guardians: int
    students: int
    added: int
    changed: int


class _Read:
    """The rows of a sheet put together by guardian."""

    def __init__(self, known: Collection[str]) -> None:
        self._known = known
        self._rows: dict[str, Row] = {}
        self.people: dict[str, tuple[Guardian, tuple[Kind, ...]]] = {}
        self.of: dict[str, dict[str, str]] = defaultdict(dict)

    def take(self, row: Row) -> None:
        """Take one row over; raises `ImportFileError`."""
        one, wants, student = _guardian_in(row), _wants(row), row.need("student")
        if student not in self._known:
            raise row.wrong(f"student {student!r} is not in the roster")
        if wrong := wrong_guardian(one):
            raise row.wrong(wrong)
        if one.id in self.people and self.people[one.id] != (one, wants):
            raise row.wrong(f"guardian {one.id!r} is told differently in line {self._rows[one.id].line}")
        self._rows.setdefault(one.id, row)
        self.people[one.id] = one, wants
        self.of[one.id][student] = row.maybe("relation", longest=32)


def look(conn: sa.Connection, school: str, path: Path) -> GuardianReport:
    """What `import_guardians` would change; raises as it does."""
    return _report(conn, school, _read(conn, school, path))


def import_guardians(conn: sa.Connection, school: str, path: Path, now: datetime, by: str = "") -> GuardianReport:
    """Add or change the guardians of guardians.csv; ``by`` says who entered the wishes, without it the file.

    Columns: guardian, name, student, relation, phone, email, language (zh or en), by (phone or email), wants (words of
    `KINDS`, by blanks), and optionally quiet_from and quiet_until (HH:MM). A guardian of several students has a row for
    each; whoever is not in the sheet stays as they are. Raises `ImportFileErrors` with every line that is wrong, and
    changes nothing then.
    """
    found = _read(conn, school, path)
    report = _report(conn, school, found)
    for id_, (one, wants) in found.people.items():
        keep(conn, school, one, [*found.of[id_].items()], wants, by or path.name[:64], now)
    return report


def _read(conn: sa.Connection, school: str, path: Path) -> _Read:
    known = set(conn.execute(sa.select(students.c.id).where(students.c.school == school, students.c.active)).scalars())
    found, problems = _Read(known), Problems()
    problems.each(sheet(path, "guardian", "name", "student"), found.take)
    problems.refuse()
    return found


def _report(conn: sa.Connection, school: str, found: _Read) -> GuardianReport:
    stored = guardians_by_id(conn, school, list(found.people))
    new = [id_ for id_ in found.people if id_ not in stored]
    changed = [id_ for id_, known in stored.items() if not _same(known, found.people[id_], found.of[id_])]
    return GuardianReport(
        guardians=len(found.people),
        students=len({student for own in found.of.values() for student in own}),
        added=len(new),
        changed=len(changed),
    )


def _same(known: Known, told: tuple[Guardian, tuple[Kind, ...]], of: dict[str, str]) -> bool:
    return (known.guardian, known.wants) == told and of.items() <= dict(known.of).items()


def _guardian_in(row: Row) -> Guardian:
    language, by = row.maybe("language") or "zh", row.maybe("by") or "phone"
    return Guardian(
        id=row.need("guardian"),
        name=row.need("name", longest=200),
        phone=row.maybe("phone"),
        email=row.maybe("email", longest=200),
        language=language,  # type: ignore[arg-type]  # `wrong_guardian` tells what is none
        by=by,  # type: ignore[arg-type]
        quiet_from=row.minute("quiet_from") if row.maybe("quiet_from") else None,
        quiet_until=row.minute("quiet_until") if row.maybe("quiet_until") else None,
    )


def _wants(row: Row) -> tuple[Kind, ...]:
    said = row.maybe("wants").replace(",", " ").split()
    wrong = [word for word in said if word not in KINDS]
    if wrong:
        raise row.wrong(f"wants {wrong[0]!r} is not known; use {', '.join(KINDS)}")
    return tuple(kind for kind in KINDS if kind in said)
