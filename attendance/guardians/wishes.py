"""Guardians and what they agreed to be told: read, changed and removed by the office."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal, get_args

import msgspec
import sqlalchemy as sa

from attendance.guardians.tables import guardian_letters, guardian_profiles, guardian_wishes
from attendance.roster.tables import guardian_links, guardians
from attendance.tables import students
from campus import db
from campus.errors import Conflict, NotFound

# What a guardian can ask for. A message that turned out wrong is taken back without being asked for.
Kind = Literal["arrived", "left", "absent", "leave"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
Way = Literal["phone", "email"]
WAYS: tuple[Way, ...] = get_args(Way)
_TELEPHONE = re.compile(r"\+?[0-9][0-9 -]{4,22}[0-9]")
_EMAIL = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>]+")
_A_DAY = 24 * 60
_AT_ONCE = 5000  # guardians of one question


class Guardian(msgspec.Struct, frozen=True, kw_only=True):
    """A guardian and how to write to them: by telephone number or e-mail address, whichever ``by`` says and is known.

    ``quiet_from`` to ``quiet_until`` are minutes after local midnight, None: as the school has it.
    """

    id: str
    name: str
    phone: str = ""
    email: str = ""
    language: Language = "zh"
    by: Way = "phone"
    quiet_from: int | None = None
    quiet_until: int | None = None

    @property
    def contact(self) -> str:
        """The address that a letter goes to; empty when none is known."""
        return (self.email or self.phone) if self.by == "email" else (self.phone or self.email)


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A guardian with whose guardian they are, as (student, relation), and what they want to be told of."""

    guardian: Guardian
    of: tuple[tuple[str, str], ...]
    wants: tuple[Kind, ...]


def guardians_of(conn: sa.Connection, school: str, students: Collection[str]) -> list[Known]:
    """The guardians of ``students``, by name; ``of`` names those asked about."""
    found = _people(conn, school, guardian_links.c.student.in_(students))
    wants = wishes_of(conn, school, [one.id for one, _ in found])
    known = [Known(guardian=one, of=of, wants=wants.get(one.id, ())) for one, of in found]
    return sorted(known, key=lambda one: (one.guardian.name, one.guardian.id))


def guardian(conn: sa.Connection, school: str, id_: str) -> Known:
    """One guardian of the school. Raises `NotFound`."""
    found = _people(conn, school, guardians.c.id == id_)
    if not found:
        raise NotFound(f"school {school!r} has no guardian {id_!r}")
    one, of = found[0]
    return Known(guardian=one, of=of, wants=wishes_of(conn, school, [id_]).get(id_, ()))


def guardians_by_id(conn: sa.Connection, school: str, ids: Collection[str]) -> dict[str, Known]:
    """Those of the guardians ``ids`` that the school has, by id, with every student they are a guardian of."""
    found: dict[str, Known] = {}
    asked = list(ids)
    for first in range(0, len(asked), _AT_ONCE):
        people = _people(conn, school, guardians.c.id.in_(asked[first : first + _AT_ONCE]))
        wants = wishes_of(conn, school, [one.id for one, _ in people])
        found |= {one.id: Known(guardian=one, of=of, wants=wants.get(one.id, ())) for one, of in people}
    return found


_Found = tuple[Guardian, tuple[tuple[str, str], ...]]


def _people(conn: sa.Connection, school: str, which: sa.ColumnElement[bool]) -> list[_Found]:
    linked = sa.and_(guardian_links.c.school == guardians.c.school, guardian_links.c.guardian == guardians.c.id)
    profile = sa.and_(guardian_profiles.c.school == guardians.c.school, guardian_profiles.c.guardian == guardians.c.id)
    query = (
        sa.select(guardian_links.c.student, guardian_links.c.relation, guardians, guardian_profiles)
        .join_from(guardians, guardian_links, linked)
        .outerjoin(guardian_profiles, profile)
        .where(guardians.c.school == school, which)
        .order_by(guardian_links.c.student)
    )
    people: dict[str, Guardian] = {}
    of: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in conn.execute(query):
        people[row.id] = _guardian(row)
        of[row.id].append((row.student, row.relation))
    return [(one, tuple(of[id_])) for id_, one in people.items()]


def _guardian(row: sa.Row[tuple[Any, ...]]) -> Guardian:
    cells = row._mapping
    return Guardian(
        **{name: cells[name] for name in ("id", "name", "phone", "email", "quiet_from", "quiet_until")},
        language=cells["language"] or "zh",
        by=cells["by"] or "phone",
    )


def wishes_of(conn: sa.Connection, school: str, of: Collection[str]) -> dict[str, tuple[Kind, ...]]:
    """What guardians agreed to be told of, in the order of `KINDS`."""
    here = (guardian_wishes.c.school == school, guardian_wishes.c.guardian.in_(of))
    found: dict[str, set[str]] = defaultdict(set)
    for guardian, kind in conn.execute(sa.select(guardian_wishes.c.guardian, guardian_wishes.c.kind).where(*here)):
        found[guardian].add(kind)
    return {guardian: tuple(kind for kind in KINDS if kind in kinds) for guardian, kinds in found.items()}


def keep(
    conn: sa.Connection,
    school: str,
    one: Guardian,
    of: Collection[tuple[str, str]],
    wants: Collection[Kind],
    by: str,
    now: datetime,
) -> None:
    """Store a guardian of students, each (student, relation), with exactly the wishes ``wants``.

    For schools whose roster brings no guardians; where it does, the next import decides who is one. Raises `Conflict`
    and `NotFound`.
    """
    asked = {student for student, _ in of}
    here = (students.c.school == school, students.c.id.in_(asked))
    missing = sorted(asked - set(conn.execute(sa.select(students.c.id).where(*here)).scalars()))
    if missing or not of:
        raise NotFound(f"school {school!r} has no student {missing[0] if missing else ''!r}")
    if wrong := wrong_guardian(one):
        raise Conflict(wrong)
    person = {"school": school, "id": one.id, "name": one.name.strip(), "phone": one.phone, "email": one.email}
    db.upsert(guardians, conn, [person], ["school", "id"], ["name", "phone", "email"])
    links = [
        {"school": school, "student": student, "guardian": one.id, "relation": relation} for student, relation in of
    ]
    db.upsert(guardian_links, conn, links, ["school", "student", "guardian"], ["relation"])
    set_profile(conn, school, one)
    set_wishes(conn, school, one.id, wants, by, now)


def set_profile(conn: sa.Connection, school: str, one: Guardian) -> None:
    """Store how ``one`` wants to be written to: language, way and quiet hours. Raises `Conflict`."""
    if wrong := wrong_profile(one):
        raise Conflict(wrong)
    fields = ("language", "by", "quiet_from", "quiet_until")
    row = {"school": school, "guardian": one.id, **{name: getattr(one, name) for name in fields}}
    db.upsert(guardian_profiles, conn, [row], ["school", "guardian"], fields)


def set_wishes(
    conn: sa.Connection, school: str, guardian: str, wants: Collection[Kind], by: str, now: datetime
) -> None:
    """Let a guardian's wishes be exactly ``wants``; a wish that stays keeps its date. ``by`` says who entered it."""
    unknown = sorted(set(wants) - set(KINDS))
    if unknown:
        raise Conflict(f"{unknown[0]!r} is nothing a guardian can be told of; use {', '.join(KINDS)}")
    here = (guardian_wishes.c.school == school, guardian_wishes.c.guardian == guardian)
    conn.execute(guardian_wishes.delete().where(*here, guardian_wishes.c.kind.not_in(list(wants))))
    rows = [
        {"school": school, "guardian": guardian, "kind": kind, "since": now, "entered_by": by} for kind in sorted(wants)
    ]
    db.upsert(guardian_wishes, conn, rows, ["school", "guardian", "kind"], [])


def remove(conn: sa.Connection, school: str, id_: str) -> Known:
    """Take a guardian out: who they are, whose, and what they agreed to; return what was known. Raises `NotFound`.

    Nothing more is sent; what was sent stays on record under an id that names nobody any more. Where a roster brings
    guardians, its next import decides anew who is one.
    """
    known = guardian(conn, school, id_)
    for table in (guardian_wishes, guardian_profiles, guardian_links):
        conn.execute(table.delete().where(table.c.school == school, table.c.guardian == id_))
    conn.execute(guardians.delete().where(guardians.c.school == school, guardians.c.id == id_))
    queued = (guardian_letters.c.school == school, guardian_letters.c.guardian == id_)
    withdrawn = {"state": "withdrawn", "detail": "the guardian was removed", "contact": ""}
    conn.execute(guardian_letters.update().where(*queued, guardian_letters.c.state == "queued").values(withdrawn))
    return known


def wrong_guardian(one: Guardian) -> str:
    """What is wrong with a guardian; empty when nothing is."""
    if not one.id or not one.name.strip():
        return "a guardian needs an id and a name"
    return wrong_phone(one.phone) or wrong_email(one.email) or wrong_profile(one)


def wrong_profile(one: Guardian) -> str:
    """What is wrong with how a guardian is to be written to; empty when nothing is."""
    if one.language not in LANGUAGES or one.by not in WAYS:
        return "messages are written in zh or en, and sent by phone or email"
    quiet = (one.quiet_from, one.quiet_until)
    if (None in quiet and quiet != (None, None)) or any(at is not None and not 0 <= at < _A_DAY for at in quiet):
        return "quiet hours need a beginning and an end, both times of day"
    return ""


def wrong_phone(phone: str) -> str:
    """What is wrong with a telephone number; empty when nothing is, or none is given."""
    return "" if not phone or _TELEPHONE.fullmatch(phone) else "the telephone number is none: write it in digits"


def wrong_email(email: str) -> str:
    """What is wrong with an e-mail address; empty when nothing is, or none is given."""
    return "" if not email or _EMAIL.fullmatch(email) else "the e-mail address is none: write it like a@b.example"
