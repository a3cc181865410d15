"""What is stored of rosters, put into a scratch database for exports that say only what changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa

from attendance import tables
from attendance.roster.oneroster import Part
from attendance.roster.read import Base
from attendance.roster.roster import STUDENT
from attendance.roster.scratch import Scratch
from attendance.roster.tables import guardian_links, guardians, organisations, terms
from campus import db


def stored_base(engine: sa.Engine, only: str | None = None) -> Base:
    """What is stored of every school, or of ``only`` one: of the parts that are asked for, as of before the export."""

    def fill(scratch: Scratch, parts: frozenset[Part]) -> None:
        with db.read(engine) as conn:
            orgs = _orgs_by_school(conn, only)
            if "orgs" in parts:
                _put_orgs(conn, scratch, orgs)
            for school, org in orgs.items():
                _put_school(conn, scratch, school, org, parts)
        _merge_people(scratch)

    return fill


def _orgs_by_school(conn: sa.Connection, only: str | None) -> Mapping[str, str]:
    """What the roster calls each stored school."""
    query = sa.select(tables.schools.c.id, sa.func.coalesce(tables.schools.c.org, tables.schools.c.id))
    if only is not None:
        query = query.where(tables.schools.c.id == only)
    return {row[0]: row[1] for row in conn.execute(query)}


def _put_orgs(conn: sa.Connection, scratch: Scratch, orgs: Mapping[str, str]) -> None:
    known = set()
    for row in conn.execute(sa.select(organisations)):
        known.add(row.id)
        scratch.put("orgs", row.id, row.name, row.kind, row.parent, 0, 0)
    names = sa.select(tables.schools.c.id, tables.schools.c.name).where(tables.schools.c.id.in_(orgs))
    for school, name in conn.execute(names):
        if orgs[school] not in known:
            scratch.put("orgs", orgs[school], name, "school", None, 0, 0)


def _put_school(conn: sa.Connection, scratch: Scratch, school: str, org: str, parts: frozenset[Part]) -> None:
    if "academicSessions" in parts:
        said = (terms.c.school == school, terms.c.said_by == "roster")
        for row in conn.execute(sa.select(terms).where(*said)):
            days = row.starts.isoformat(), row.ends.isoformat()
            scratch.put("terms", row.id, row.title, row.kind, *days, None, 0, 0)
            scratch.put("school_terms", org, row.id)
    if "classes" in parts:
        own = tables.classes
        for row in conn.execute(sa.select(own).where(own.c.school == school, own.c.active)):
            scratch.put("classes", row.id, org, row.title, row.grade, row.kind, row.room, 0, 0)
    if "users" in parts:
        _put_people(conn, scratch, school, org)
    if "enrollments" in parts:
        for row in conn.execute(sa.select(tables.enrolments).where(tables.enrolments.c.school == school)):
            days = _text(row.begins), _text(row.ends)
            scratch.put(
                "enrolments", row.source, row.class_id, row.person, row.role, row.is_primary, *days, 0, 0
            )  # fmt: skip


def _put_people(conn: sa.Connection, scratch: Scratch, school: str, org: str) -> None:
    for table, role in ((tables.students, STUDENT), (tables.teachers, "teacher")):
        for row in conn.execute(sa.select(table).where(table.c.school == school, table.c.active)):
            grade = row.grade if role == STUDENT else ""
            scratch.put("people", row.id, role, row.name, grade, "", "", role, 0, 0)
            scratch.put("members", row.id, org, 1, 0, 0)
    for row in conn.execute(sa.select(guardians).where(guardians.c.school == school)):
        scratch.put("people", row.id, "guardian", row.name, "", row.phone, row.email, "guardian", 0, 0)
    for row in conn.execute(sa.select(guardian_links).where(guardian_links.c.school == school)):
        scratch.put("kin", row.student, row.guardian, row.relation, 0)


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _merge_people(scratch: Scratch) -> None:
    """Somebody of several schools, or a teacher who is a guardian as well, is one person."""
    scratch.run("CREATE INDEX i_people__id_ ON people (id)")
    for column in ("phone", "email"):
        scratch.run(
            f"UPDATE people SET {column} = (SELECT MAX(o.{column}) FROM people o WHERE o.id = people.id) "  # noqa: S608
            "WHERE role = 'teacher' AND EXISTS (SELECT 1 FROM people o WHERE o.id = people.id AND o.role = 'guardian')"
        )
    scratch.run(
        "DELETE FROM people WHERE EXISTS (SELECT 1 FROM people o WHERE o.id = people.id AND o.rowid < people.rowid)"
    )
