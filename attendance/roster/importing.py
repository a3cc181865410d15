"""Bringing one school or a whole city in step with an export: school by school, each in a transaction of its own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from attendance import tables
from attendance.roster.progress import Progress, unwatched
from attendance.roster.read import Staged
from attendance.roster.roster import Roster, RosterDiff, SchoolRow
from attendance.roster.store import KINDS, REMOVAL_SHARE, RosterPlan, plan_school, write_plan
from attendance.roster.tables import organisations
from campus import db
from campus.errors import Conflict

# What stands in topics, rows and file names as a school's id.
_SCHOOL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_TOLD = 10  # of the added, the changed and the removed


class Target(msgspec.Struct, frozen=True):
    """A stored (or new) school and what the roster calls it; ``closed``: the roster says that it is no more."""

    school: str
    own: SchoolRow
    closed: bool = False


class RosterReport(msgspec.Struct, frozen=True, kw_only=True):
    """What an import changed or would change; ids only, so that it can be logged and stored."""

    schools: int
    students: int
    counts: dict[str, tuple[int, int, int]]  # kind -> added, changed, removed
    fields: dict[str, int]  # "student.name" -> how many
    samples: tuple[str, ...]  # some of the changes, in words
    problems: tuple[str, ...] = ()  # the rows that were left out
    left_out: int = 0
    untouched: tuple[str, ...] = ()  # stored schools that the export says nothing of

    @property
    def changed(self) -> bool:
        """Whether there was any difference."""
        return any(any(counts) for counts in self.counts.values())


class _Sum:
    """Adds up the differences of the schools."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, int]] = Counter()
        self._fields: Counter[str] = Counter()
        self._told: Counter[str] = Counter()
        self._samples: list[str] = []

    def add(self, school: str, diff: RosterDiff) -> None:
        """Count one school's."""
        for which, part in enumerate((diff.added, diff.changed, diff.removed)):
            word = ("added", "changed", "removed")[which]
            for one in part:
                self._counts[one.kind, which] += 1
                self._fields.update(f"{one.kind}.{name}" for name in one.fields)
                if self._told[word] < _TOLD:
                    self._told[word] += 1
                    fields = f" ({', '.join(one.fields)})" if one.fields else ""
                    self._samples.append(f"{school}: {one.kind} {' '.join(one.key)} {word}{fields}")

    def report(self, staged: Staged, schools: int, untouched: Sequence[str]) -> RosterReport:
        """What was added up."""
        counts = {kind: tuple(self._counts[kind, which] for which in range(3)) for kind in KINDS}
        return RosterReport(
            schools=schools,
            students=staged.students(),
            counts=counts,  # type: ignore[arg-type]  # three numbers each, by the line above
            fields=dict(sorted(self._fields.items())),
            samples=tuple(self._samples),
            problems=tuple(str(one) for one in staged.problems.kept),
            left_out=staged.problems.count,
            untouched=tuple(untouched),
        )


def targets_of(conn: sa.Connection, staged: Staged, only: str | None) -> tuple[list[Target], list[str]]:
    """The schools an export is about, and the stored ones it says nothing of; ``only`` one school if so asked.

    Raises `Conflict` when the export does not hold ``only`` (a single school is that school under whatever id), and
    when an organisation's id cannot be a school's.
    """
    stored = _schools_by_org(conn)
    known = {org: one.id for org, one in stored.items()}
    found = staged.schools()
    if only is not None:
        return [_only(found, known, only)], []
    wrong = sorted(one.id for one in found if one.id not in known and not _SCHOOL_ID.fullmatch(one.id))
    if wrong:
        raise Conflict(f"{wrong[:3]} cannot be ids of schools: use letters, digits and . _ - (they stand in topics)")
    targets = [Target(known.get(one.id, one.id), one) for one in found]
    gone = sorted(staged.closed() & known.keys())
    closed = [Target(known[org], SchoolRow(org, stored[org].name), closed=True) for org in gone]
    spoken = {one.school for one in (*targets, *closed)}
    return [*targets, *closed], sorted(school for school in known.values() if school not in spoken)


def _only(found: Sequence[SchoolRow], known: dict[str, str], only: str) -> Target:
    own = [one for one in found if only in (known.get(one.id), one.id)]
    if own or len(found) == 1:
        return Target(only, own[0] if own else found[0])
    names = ", ".join(one.id for one in found[:20]) or "none"
    raise Conflict(
        f"the roster has no school {only!r}; it has: {names}. Import every school with --all, or name one of them "
        "as [school] id"
    )


def _schools_by_org(conn: sa.Connection) -> dict[str, SchoolRow]:
    """The stored schools by what their roster calls them."""
    own = tables.schools.c
    query = sa.select(sa.func.coalesce(own.org, own.id), own.id, own.name)
    return {org: SchoolRow(school, name) for org, school, name in conn.execute(query)}


def preview(
    engine: sa.Engine, staged: Staged, only: str | None, now: datetime, progress: Progress = unwatched
) -> RosterReport:
    """What `bring_in_step` would do; nothing is changed."""
    total = _Sum()
    with db.read(engine) as conn:
        targets, untouched = targets_of(conn, staged, only)
        for done, target in enumerate(targets):
            progress("comparing", done, len(targets))
            total.add(target.school, _plan(conn, staged, target, now).diff)
        progress("comparing", len(targets), len(targets))
    return total.report(staged, len(targets), untouched)


def bring_in_step(
    engine: sa.Engine,
    staged: Staged,
    only: str | None,
    now: datetime,
    *,
    confirmed: bool = False,
    removal_share: float = REMOVAL_SHARE,
    progress: Progress = unwatched,
) -> RosterReport:
    """Bring the stored rosters in step; ``only`` one school if so asked. Returns what was changed.

    Each school is a transaction of its own, so that messages are never held up; an import that breaks off is completed
    by importing again. Raises `Conflict` before anything is changed when more than ``removal_share`` of the active
    students of a school would be deactivated and nobody ``confirmed`` it.
    """
    with db.read(engine) as conn:
        targets, untouched = targets_of(conn, staged, only)
        if not confirmed:
            _refuse_mass_removal(conn, staged, targets, removal_share)
    total = _Sum()
    _write_organisations(engine, staged)
    for done, target in enumerate(targets):
        progress("applying", done, len(targets))
        with db.write(engine) as conn:
            plan = _plan(conn, staged, target, now)
            write_plan(conn, target.school, plan, target.own, now)
        total.add(target.school, plan.diff)
    progress("applying", len(targets), len(targets))
    return total.report(staged, len(targets), untouched)


def _plan(conn: sa.Connection, staged: Staged, target: Target, now: datetime) -> RosterPlan:
    nobody = Roster(schools=(target.own,), classes=(), people=(), enrolments=(), guardians=(), kin=())
    part = nobody if target.closed else staged.of_school(target.own)
    return plan_school(conn, target.school, part, now.date())


def _refuse_mass_removal(conn: sa.Connection, staged: Staged, targets: Sequence[Target], share: float) -> None:
    """Look at every school before any is touched."""
    students, told = tables.students, []
    for target in targets:
        query = sa.select(students.c.id).where(students.c.school == target.school, students.c.active)
        active = set(conn.execute(query).scalars())
        gone = len(active - (set() if target.closed else staged.students_of(target.own.id)))
        if gone > share * len(active):
            told.append(f"{gone} of {len(active)} students of {target.school}")
    if told:
        more = f" and of {len(told) - 10} more schools" if len(told) > 10 else ""
        raise Conflict(
            f"this roster would remove {'; '.join(told[:10])}{more}: more than {share:.0%}. Check that the export is "
            "whole, then confirm the import (--confirm)"
        )


def _write_organisations(engine: sa.Engine, staged: Staged) -> None:
    """The tree of organisations; those that are no more go."""
    rows = [{"id": id_, "name": name, "kind": kind, "parent": up} for id_, name, kind, up in staged.organisations()]
    with db.write(engine) as conn:
        db.upsert(organisations, conn, rows, ["id"], ["name", "kind", "parent"])
        closed = sorted(staged.closed())
        if closed:
            this = organisations.c.id == sa.bindparam("org")
            conn.execute(organisations.delete().where(this), [{"org": one} for one in closed])
