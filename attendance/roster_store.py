"""Bringing the stored roster in step with a read one: what differs, applied, or only shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from attendance import tables
from attendance.roster import Roster, RosterChange, RosterDiff, home_classes
from campus import db
from campus.errors import Conflict

# Removing more than this share of the active students needs a person's word.
REMOVAL_SHARE = 0.2
Key = tuple[str, ...]
Rows = dict[Key, dict[str, Any]]


class _Kind(msgspec.Struct, frozen=True):
    """How one kind of thing is kept: its table, its key beside the school, and the columns that can change."""

    name: str
    table: sa.Table
    key: tuple[str, ...]
    fields: tuple[str, ...]


_KINDS = (
    _Kind("class", tables.classes, ("id",), ("title", "grade", "kind", "room")),
    _Kind("student", tables.students, ("id",), ("name", "grade", "class_id")),
    _Kind("teacher", tables.teachers, ("id",), ("name",)),
    _Kind("enrolment", tables.enrolments, ("class_id", "role", "person"), ("is_primary",)),
)


def diff_roster(conn: sa.Connection, school: str, roster: Roster) -> RosterDiff:
    """What `apply_roster` would add, change and remove: a dry run."""
    return _diff(_stored(conn, school), _wanted(_part(roster, school)))


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
    stored, wanted = _stored(conn, school), _wanted(part)
    diff = _diff(stored, wanted)
    if not confirmed:
        _refuse_mass_removal(diff, len(stored["student"]), removal_share)
    for kind in _KINDS:
        _write(conn, school, kind, wanted[kind.name], diff)
    values = {"id": school, "name": part.schools[0].name, "roster_at": now, "planned_day": None}
    db.upsert(tables.schools, conn, [values], ["id"], ["name", "roster_at", "planned_day"])
    return diff


def _part(roster: Roster, school: str) -> Roster:
    """The roster's part of ``school``; a roster of a single school is that school's under whatever id."""
    owners = {one.school for one in roster.classes}
    if school in owners or any(one.id == school for one in roster.schools):
        return roster.of_school(school)
    if len(owners) == 1:
        return roster.of_school(owners.pop())
    names = ", ".join(sorted(owners)) or "none"
    raise Conflict(f"the roster has no school {school!r}; its schools with classes are: {names}")


def _wanted(part: Roster) -> dict[str, Rows]:
    homes = home_classes(part.classes, part.enrolments)
    rows: dict[str, Rows] = {kind.name: {} for kind in _KINDS}
    for one in part.classes:
        rows["class"][one.id,] = {"title": one.title, "grade": one.grade, "kind": one.kind, "room": one.room}
    for person in part.people:
        if person.role == "student":
            home = homes.get(person.id)
            rows["student"][person.id,] = {"name": person.name, "grade": person.grade, "class_id": home}
        else:
            rows["teacher"][person.id,] = {"name": person.name}
    for place in part.enrolments:
        rows["enrolment"][place.class_id, place.role, place.person] = {"is_primary": place.is_primary}
    return rows


def _stored(conn: sa.Connection, school: str) -> dict[str, Rows]:
    """What is stored and active, in the shape of `_wanted`."""
    stored: dict[str, Rows] = {}
    for kind in _KINDS:
        columns = [kind.table.c[name] for name in (*kind.key, *kind.fields)]
        query = sa.select(*columns).where(kind.table.c.school == school)
        if "active" in kind.table.c:
            query = query.where(kind.table.c.active)
        size = len(kind.key)
        stored[kind.name] = {
            tuple(row[:size]): dict(zip(kind.fields, row[size:], strict=True)) for row in conn.execute(query)
        }
    return stored


def _diff(stored: Mapping[str, Rows], wanted: Mapping[str, Rows]) -> RosterDiff:
    added, changed, removed = [], [], []
    for kind in _KINDS:
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


def _refuse_mass_removal(diff: RosterDiff, active: int, share: float) -> None:
    gone = diff.counts("student")[2]
    if active and gone > share * active:
        raise Conflict(
            f"this roster would remove {gone} of {active} students, more than {share:.0%}; "
            "check that the export is whole, then confirm the import (campus import --confirm)"
        )


def _write(conn: sa.Connection, school: str, kind: _Kind, wanted: Rows, diff: RosterDiff) -> None:
    touched = {one.key for one in (*diff.added, *diff.changed) if one.kind == kind.name}
    has_active = "active" in kind.table.c
    extra = {"active": True} if has_active else {}
    rows = [
        {"school": school, **dict(zip(kind.key, key, strict=True)), **fields, **extra}
        for key, fields in wanted.items()
        if key in touched
    ]
    db.upsert(kind.table, conn, rows, ["school", *kind.key], [*kind.fields, *extra])
    gone = [one.key for one in diff.removed if one.kind == kind.name]
    _remove(conn, school, kind, gone, keep=has_active)


def _remove(conn: sa.Connection, school: str, kind: _Kind, gone: Sequence[Key], *, keep: bool) -> None:
    if not gone:
        return
    here = [kind.table.c[name] == sa.bindparam(f"k_{name}") for name in kind.key]
    table = kind.table
    statement = table.update().values(active=False) if keep else table.delete()
    rows = [{f"k_{name}": value for name, value in zip(kind.key, key, strict=True)} for key in gone]
    conn.execute(statement.where(table.c.school == school, *here), rows)
