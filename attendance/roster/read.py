"""Reading an export (folder or zip of OneRoster or School Data Sync sheets) whole, and handing it out by school."""

# ruff: noqa: S608 - the names of tables and columns put into statements are our own

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from pathlib import Path

import msgspec

from attendance.roster.checks import settle
from attendance.roster.oneroster import NEEDED, PARTS, Mode, Part, Source, modes_of, read_part
from attendance.roster.progress import Progress, unwatched
from attendance.roster.roster import ClassRow, EnrolmentRow, GuardianRow, KinRow, PersonRow, Roster, SchoolRow, TermRow
from attendance.roster.scratch import Scratch
from attendance.roster.sds import read_sds_v1
from attendance.sheets.rows import Problems, Sheets
from campus.errors import ImportFileError

# Fills the scratch with what is stored of the parts that an export does not hold whole.
Base = Callable[[Scratch, frozenset[Part]], None]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What an export says something about."""

    terms: bool
    kin: bool


class Staged:
    """An export that was read and checked, in a scratch database."""

    def __init__(self, scratch: Scratch, told: Told, problems: Problems) -> None:
        self._scratch = scratch
        self._told = told
        self.problems = problems

    def close(self) -> None:
        """Delete the scratch database."""
        self._scratch.close()

    def organisations(self) -> list[tuple[str, str, str, str | None]]:
        """Every organisation: id, name, kind, and its parent where that is known."""
        known = "SELECT id FROM orgs"
        query = f"SELECT id, name, kind, CASE WHEN parent IN ({known}) THEN parent END FROM orgs ORDER BY id"
        return [(id_, name, kind, parent) for id_, name, kind, parent in self._scratch.ask(query)]

    def schools(self) -> list[SchoolRow]:
        """The organisations that have classes, and schools that have people."""
        query = (
            "SELECT id, name FROM orgs WHERE id IN (SELECT school FROM classes) "
            "OR (kind = 'school' AND id IN (SELECT school FROM in_school)) ORDER BY id"
        )
        return [SchoolRow(*row) for row in self._scratch.ask(query)]

    def closed(self) -> frozenset[str]:
        """The organisations that the export marks as deleted."""
        return frozenset(row[0] for row in self._scratch.ask("SELECT id FROM closed"))

    def students_of(self, school: str) -> set[str]:
        """The ids of the students of a school."""
        query = (
            "SELECT p.id FROM in_school i JOIN people p ON p.id = i.person WHERE i.school = ? AND p.role = 'student'"
        )
        return {row[0] for row in self._scratch.ask(query, school)}

    def students(self) -> int:
        """How many students there are."""
        return int(self._scratch.one("SELECT COUNT(*) FROM people WHERE role = 'student'"))

    def of_school(self, school: SchoolRow) -> Roster:
        """The part of one school."""
        ask, id_ = self._scratch.ask, school.id
        classes = ask("SELECT id, title, grade, kind, room FROM classes WHERE school = ?", id_)
        people = ask(
            "SELECT p.id, p.name, p.role, p.grade FROM in_school i JOIN people p ON p.id = i.person "
            "WHERE i.school = ? AND p.role <> 'guardian'",
            id_,
        )
        enrolments = ask(
            "SELECT e.class, e.person, e.role, e.is_primary, e.begins, e.ends, e.source "
            "FROM classes c JOIN enrolments e ON e.class = c.id WHERE c.school = ?",
            id_,
        )
        return Roster(
            schools=(school,),
            classes=tuple(
                ClassRow(id=one, school=id_, title=t, grade=g, kind=k, room=r) for one, t, g, k, r in classes
            ),
            people=tuple(PersonRow(id=one, schools=(id_,), name=n, role=r, grade=g) for one, n, r, g in people),
            enrolments=tuple(map(_enrolment, enrolments)),
            terms=self._terms(id_) if self._told.terms else None,
            guardians=self._guardians(id_) if self._told.kin else None,
            kin=self._kin(id_) if self._told.kin else None,
        )

    def _terms(self, school: str) -> tuple[TermRow, ...]:
        """Those that its classes name, with the years they are part of; all where no class of any school names one."""
        named = (
            "WITH RECURSIVE own(id) AS (SELECT t.term FROM class_terms t JOIN classes c ON c.id = t.class "
            "WHERE c.school = ? UNION SELECT term FROM school_terms WHERE school = ? "
            "UNION SELECT terms.parent FROM terms JOIN own ON own.id = terms.id) SELECT id FROM own"
        )
        nobody = "NOT EXISTS (SELECT 1 FROM class_terms) AND NOT EXISTS (SELECT 1 FROM school_terms)"
        query = f"SELECT id, title, kind, starts, ends FROM terms WHERE id IN ({named}) OR ({nobody}) ORDER BY id"
        return tuple(
            TermRow(id=id_, title=title, kind=kind, starts=date.fromisoformat(starts), ends=date.fromisoformat(ends))
            for id_, title, kind, starts, ends in self._scratch.ask(query, school, school)
        )

    def _guardians(self, school: str) -> tuple[GuardianRow, ...]:
        query = (
            "SELECT DISTINCT g.id, g.name, g.phone, g.email FROM in_school i JOIN kin ON kin.student = i.person "
            "JOIN people g ON g.id = kin.guardian WHERE i.school = ?"
        )
        return tuple(
            GuardianRow(id=id_, name=name, phone=phone, email=email)
            for id_, name, phone, email in self._scratch.ask(query, school)
        )

    def _kin(self, school: str) -> tuple[KinRow, ...]:
        relation = "CASE WHEN kin.relation <> '' THEN kin.relation WHEN g.role = 'guardian' THEN g.relation END"
        query = (
            f"SELECT kin.student, kin.guardian, MAX({relation}) FROM in_school i JOIN kin ON kin.student = i.person "
            "JOIN people g ON g.id = kin.guardian WHERE i.school = ? GROUP BY kin.student, kin.guardian"
        )
        return tuple(
            KinRow(student=student, guardian=guardian, relation=said or "guardian")
            for student, guardian, said in self._scratch.ask(query, school)
        )


def _enrolment(row: tuple[str, str, str, int, str | None, str | None, str | None]) -> EnrolmentRow:
    class_id, person, role, primary, begins, ends, source = row
    return EnrolmentRow(
        class_id=class_id,
        person=person,
        role=role,
        is_primary=bool(primary),
        begins=date.fromisoformat(begins) if begins else None,
        ends=date.fromisoformat(ends) if ends else None,
        source=source,
    )


def stage_export(
    path: Path,
    base: Base | None = None,
    *,
    leave_out: bool = False,
    limit: int = 50,
    progress: Progress = unwatched,
) -> Staged:
    """Read and check the export at ``path``; the caller closes what is returned.

    ``base`` gives what is stored, for an export that holds only changes (a delta) or only some sheets. Raises
    `ImportFileErrors` naming up to ``limit`` duplicates, dangling references and rows that cannot be used by file and
    line, unless these are to be left out: then they stand in ``problems``.
    """
    sheets, problems = Sheets(path, partial(progress, "reading")), Problems(limit)
    if "Student.csv" in sheets:
        fill = partial(read_sds_v1, sheets, problems=problems)
        return _staged(fill, problems, _told_v1(sheets), leave_out, progress=progress)
    modes = modes_of(sheets, "manifest.csv" in sheets, sheets.names(), problems)
    agents = modes["users"] != "absent" and sheets.has_column("users.csv", "agentSourcedIds")
    told = Told(terms=modes["academicSessions"] != "absent", kin=agents or modes["relationships"] != "absent")
    return stage(sheets, modes, problems, told, base, leave_out=leave_out, agents=agents, progress=progress)


def stage(
    source: Source,
    modes: Mapping[Part, Mode],
    problems: Problems,
    told: Told,
    base: Base | None,
    *,
    leave_out: bool = False,
    agents: bool = True,
    progress: Progress = unwatched,
) -> Staged:
    """As `stage_export`, of any source whose ``modes`` are known."""
    missing = frozenset(part for part in NEEDED if modes[part] != "bulk")
    deltas = sorted(part for part in PARTS if modes[part] == "delta")

    def fill(scratch: Scratch) -> None:
        if missing and base is None:
            if deltas:
                raise ImportFileError(
                    "manifest.csv", 0, f"{deltas[0]} is a delta; here only whole (bulk) exports are read"
                )
            raise ImportFileError(f"{min(missing)}.csv", 0, "is not there; export it as well")
        if missing and base is not None:
            base(scratch, frozenset(part for part in PARTS if modes[part] != "bulk"))
        for part in PARTS:
            if modes[part] != "absent":
                read_part(part, source, scratch, problems)

    return _staged(fill, problems, told, leave_out, agents=agents, progress=progress)


def _told_v1(sheets: Sheets) -> Told:
    return Told(terms=sheets.has_column("Section.csv", "Term SIS ID"), kin="Guardianrelationship.csv" in sheets)


def _staged(
    fill: Callable[[Scratch], None],
    problems: Problems,
    told: Told,
    leave_out: bool,
    *,
    agents: bool = True,
    progress: Progress = unwatched,
) -> Staged:
    scratch = Scratch()
    try:
        fill(scratch)
        settle(scratch, problems, terms_told=told.terms, agents_told=agents, progress=progress)
        if not leave_out:
            problems.refuse()
    except BaseException:
        scratch.close()
        raise
    return Staged(scratch, told, problems)


def read_roster(path: Path) -> Roster:
    """The whole roster in a folder or zip as one value: for a school, not for a city.

    OneRoster 1.1/1.2 bulk CSV or School Data Sync (v1, v2) CSV. Passwords are never read. Raises `ImportFileErrors` as
    `stage_export` does, and `ImportFileError` for a delta, which says only what changed.
    """
    staged = stage_export(path)
    try:
        parts = [staged.of_school(school) for school in staged.schools()]
        return _together(parts, [SchoolRow(one[0], one[1]) for one in staged.organisations()])
    finally:
        staged.close()


def _together(parts: list[Roster], organisations: list[SchoolRow]) -> Roster:
    people: dict[str, PersonRow] = {}
    for one in (person for part in parts for person in part.people):
        before = people.get(one.id, msgspec.structs.replace(one, schools=()))
        people[one.id] = msgspec.structs.replace(before, schools=(*before.schools, *one.schools))
    first = parts[0] if parts else None
    return Roster(
        schools=tuple(organisations),
        classes=tuple(one for part in parts for one in part.classes),
        people=tuple(people.values()),
        enrolments=tuple(one for part in parts for one in part.enrolments),
        terms=tuple({one.id: one for part in parts for one in part.terms or ()}.values())
        if _has(first, "terms")
        else None,
        guardians=tuple({one.id: one for part in parts for one in part.guardians or ()}.values())
        if _has(first, "guardians")
        else None,
        kin=tuple(dict.fromkeys(one for part in parts for one in part.kin or ())) if _has(first, "kin") else None,
    )


def _has(part: Roster | None, what: str) -> bool:
    return part is not None and getattr(part, what) is not None
