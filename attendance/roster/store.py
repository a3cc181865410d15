"""Bringing the stored roster in step with a read one: what differs, applied, or only shown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from attendance import tables
from attendance.roster import tables as roster_tables
from attendance.roster.roster import STUDENT, Roster, RosterChange, RosterDiff, SchoolRow, home_classes
from campus import db
from campus.errors import Conflict

# Removing more than this share of the active students needs a person's word.
REMOVAL_SHARE = 0.2
_AT_ONCE = 5000
Key = tuple[str, ...]
Rows = dict[Key, dict[str, Any]]


class _Kind(msgspec.Struct, frozen=True):
    """How one kind of thing is kept: its table, its key beside the school, and the columns that can change."""

    name: str
    table: sa.Table
    key: tuple[str, ...]
    fields: tuple[str, ...]


_KINDS = (
    _Kind("term", roster_tables.terms, ("id",), ("title", "kind", "starts", "ends")),
    _Kind("class", tables.classes, ("id",), ("title", "grade", "kind", "room")),
    _Kind("student", tables.students, ("id",), ("name", "grade", "class_id")),
    _Kind("teacher", tables.teachers, ("id",), ("name",)),
    _Kind("guardian", roster_tables.guardians, ("id",), ("name", "phone", "email")),
    _Kind("relation", roster_tables.guardian_links, ("student", "guardian"), ("relation",)),
    _Kind("enrolment", tables.enrolments, ("class_id", "role", "person"), ("is_primary", "begins", "ends", "source")),
)
KINDS = tuple(kind.name for kind in _KINDS)
# What rows of a kind hold beside the roster's word: a term of the roster's is not the school's own.
_FIXED: Mapping[str, Mapping[str, Any]] = {"term": {"said_by": "roster"}}
_NEW: Mapping[str, Mapping[str, Any]] = {"term": {"first_week": "A"}}


class RosterPlan(msgspec.Struct, frozen=True):
    """What bringing one school in step takes: the differences, the rows they need, and how many students there are."""

    diff: RosterDiff
    wanted: dict[str, Rows]
    active: int


def plan_school(conn: sa.Connection, school: str, part: Roster, day: date) -> RosterPlan:
    """What bringing ``school`` in step with its ``part`` of a roster takes on ``day``."""
    wanted = _wanted(part, day)
    stored = _stored(conn, school, wanted)
    return RosterPlan(_diff(stored, wanted), wanted, len(stored["student"]))


def diff_roster(conn: sa.Connection, school: str, roster: Roster, now: datetime) -> RosterDiff:
    """What `apply_roster` would add, change and remove: a dry run."""
    return plan_school(conn, school, _part(roster, school), now.date()).diff


def apply_roster(
    conn: sa.Connection,
    school: str,
    roster: Roster,
    now: datetime,
    *,
    confirmed: bool = False,
    removal_share: float = REMOVAL_SHARE,
) -> RosterDiff:
    """Bring the stored roster of ``school`` in step with ``roster`` and return what was done.

    Students, teachers and classes that are gone become inactive; their history stays. Raises `Conflict` when more than
    ``removal_share`` of the active students would go and nobody ``confirmed`` it, and when the roster holds several
    schools and none of them is ``school``.
    """
    part = _part(roster, school)
    plan = plan_school(conn, school, part, now.date())
    if not confirmed:
        _refuse_mass_removal(plan, removal_share)
    write_plan(conn, school, plan, part.schools[0], now)
    return plan.diff


def write_plan(conn: sa.Connection, school: str, plan: RosterPlan, own: SchoolRow, now: datetime) -> None:
    """Carry out what was planned; ``own`` is what the roster calls the school."""
    for kind in _KINDS:
        if kind.name in plan.wanted:
            _write(conn, school, kind, plan.wanted[kind.name], plan.diff)
    values = {"id": school, "name": own.name, "org": own.id, "roster_at": now, "planned_day": None}
    db.upsert(tables.schools, conn, [values], ["id"], ["name", "org", "roster_at", "planned_day"])


def _part(roster: Roster, school: str) -> Roster:
    """The roster's part of ``school``; a roster of a single school is that school's under whatever id."""
    owners = {one.school for one in roster.classes}
    if school in owners or any(one.id == school for one in roster.schools):
        return roster.of_school(school)
    if len(owners) == 1:
        return roster.of_school(owners.pop())
    names = ", ".join(sorted(owners)) or "none"
    raise Conflict(f"the roster has no school {school!r}; its schools with classes are: {names}")


def _wanted(part: Roster, day: date) -> dict[str, Rows]:
    """The rows there should be, of the kinds the roster speaks of."""
    students = [one for one in part.people if one.role == STUDENT]
    homes = home_classes(part.classes, part.enrolments, day)
    rows: dict[str, Rows] = {
        "class": _rows(part.classes, ("id",), ("title", "grade", "kind", "room")),
        "student": {
            (one.id,): {"name": one.name, "grade": one.grade, "class_id": homes.get(one.id)} for one in students
        },
        "teacher": {(one.id,): {"name": one.name} for one in part.people if one.role != STUDENT},
        "enrolment": _rows(part.enrolments, ("class_id", "role", "person"), ("is_primary", "begins", "ends", "source")),
    }
    if part.terms is not None:
        rows["term"] = _rows(part.terms, ("id",), ("title", "kind", "starts", "ends"))
    if part.guardians is not None and part.kin is not None:
        rows["guardian"] = _rows(part.guardians, ("id",), ("name", "phone", "email"))
        rows["relation"] = _rows(part.kin, ("student", "guardian"), ("relation",))
    return rows


def _rows(values: Iterable[msgspec.Struct], key: Sequence[str], fields: Sequence[str]) -> Rows:
    return {tuple(getattr(one, name) for name in key): {name: getattr(one, name) for name in fields} for one in values}


def _stored(conn: sa.Connection, school: str, of: Collection[str]) -> dict[str, Rows]:
    """What is stored and active, in the shape of `_wanted`."""
    stored: dict[str, Rows] = {}
    for kind in _KINDS:
        if kind.name in of:
            columns = [kind.table.c[name] for name in (*kind.key, *kind.fields)]
            size = len(kind.key)
            stored[kind.name] = {
                tuple(row[:size]): dict(zip(kind.fields, row[size:], strict=True))
                for row in conn.execute(sa.select(*columns).where(*_here(kind, school), *_active(kind)))
            }
    return stored


def _here(kind: _Kind, school: str) -> list[sa.ColumnElement[bool]]:
    fixed = _FIXED.get(kind.name, {})
    return [kind.table.c.school == school, *(kind.table.c[name] == value for name, value in fixed.items())]


def _active(kind: _Kind) -> list[sa.ColumnElement[bool]]:
    return [kind.table.c.active] if "active" in kind.table.c else []


def _diff(stored: Mapping[str, Rows], wanted: Mapping[str, Rows]) -> RosterDiff:
    added, changed, removed = [], [], []
    for kind in _KINDS:
        if kind.name not in wanted:
            continue
        old, new = stored[kind.name], wanted[kind.name]
        added += [_change(kind, key) for key in new if key not in old]
        removed += [_change(kind, key) for key in old if key not in new]
        for key in new:
            differing = tuple(name for name in kind.fields if key in old and old[key][name] != new[key][name])
            if differing:
                changed.append(_change(kind, key, differing))
    return RosterDiff(tuple(added), tuple(changed), tuple(removed))


def _change(kind: _Kind, key: Key, fields: tuple[str, ...] = ()) -> RosterChange:
    return RosterChange(kind.name, key, fields)


def _refuse_mass_removal(plan: RosterPlan, share: float) -> None:
    gone = plan.diff.counts("student")[2]
    if gone > share * plan.active:
        raise Conflict(
            f"this roster would remove {gone} of {plan.active} students, more than {share:.0%}; "
            "check that the export is whole, then confirm the import (campus import --confirm)"
        )


def _write(conn: sa.Connection, school: str, kind: _Kind, wanted: Rows, diff: RosterDiff) -> None:
    touched = [one.key for one in (*diff.added, *diff.changed) if one.kind == kind.name]
    fixed, has_active = _FIXED.get(kind.name, {}), "active" in kind.table.c
    extra = {"active": True} if has_active else {}
    always = {"school": school, **fixed, **extra, **_NEW.get(kind.name, {})}
    rows = [{**always, **dict(zip(kind.key, key, strict=True)), **wanted[key]} for key in touched]
    for first in range(0, len(rows), _AT_ONCE):
        keys = ["school", *fixed, *kind.key]
        db.upsert(kind.table, conn, rows[first : first + _AT_ONCE], keys, [*kind.fields, *extra])
    _remove(conn, school, kind, [one.key for one in diff.removed if one.kind == kind.name])


def _remove(conn: sa.Connection, school: str, kind: _Kind, gone: Sequence[Key]) -> None:
    """People and classes become inactive, their history stays; of guardians and places in classes nothing is kept."""
    if not gone:
        return
    named = [kind.table.c[name] == sa.bindparam(f"k_{name}") for name in kind.key]
    table = kind.table
    statement = table.update().values(active=False) if "active" in table.c else table.delete()
    rows = [{f"k_{name}": value for name, value in zip(kind.key, key, strict=True)} for key in gone]
    conn.execute(statement.where(*_here(kind, school), *named), rows)
