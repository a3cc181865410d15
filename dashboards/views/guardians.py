"""The guardians of a class as its teacher and the office see them: who gets what, and what was sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from attendance.guardians.log import LogLine, log_of
from attendance.guardians.wishes import KINDS, Kind, Known, Language, Way, guardians_of
from attendance.tables import students
from dashboards.access.accounts import Account
from dashboards.access.roles import may
from dashboards.views.classes import must_own, own_classes

LOGGED = timedelta(days=14)


class GuardianLine(msgspec.Struct, frozen=True, kw_only=True):
    """A guardian of one student. Contacts are whole for the office and hidden in part for anybody else.

    ``quiet_from`` and ``quiet_until`` are minutes after midnight, None: as the school has it.
    """

    id: str
    name: str
    relation: str
    phone: str
    email: str
    language: Language
    by: Way
    quiet_from: int | None
    quiet_until: int | None
    wants: tuple[Kind, ...]


class PupilGuardians(msgspec.Struct, frozen=True, kw_only=True):
    """A student and the guardians."""

    student: str
    name: str
    guardians: tuple[GuardianLine, ...]


class ClassLink(msgspec.Struct, frozen=True, kw_only=True):
    """A class one can turn to."""

    id: str
    title: str


class ClassGuardians(msgspec.Struct, frozen=True, kw_only=True):
    """The guardians of a class, and the messages of the last two weeks. ``may_edit``: whether the reader changes it."""

    class_id: str
    class_title: str
    may_edit: bool
    kinds: tuple[Kind, ...]
    students: tuple[PupilGuardians, ...]
    messages: tuple[LogLine, ...]
    classes: tuple[ClassLink, ...]


def guardians_of_class(conn: sa.Connection, account: Account, class_id: str, now: datetime) -> ClassGuardians:
    """The guardians of an own class and what they were told. Raises `NotFound` for any other class."""
    own = must_own(conn, account, class_id)
    may_edit = may(account.role, "guardians.edit")
    query = sa.select(students.c.id, students.c.name).where(
        students.c.school == account.school, students.c.class_id == class_id, students.c.active
    )
    names = {row.id: row.name for row in conn.execute(query.order_by(students.c.name, students.c.id))}
    known = guardians_of(conn, account.school, list(names))
    return ClassGuardians(
        class_id=class_id,
        class_title=own.title,
        may_edit=may_edit,
        kinds=KINDS,
        students=tuple(_pupils(names, known, whole=may_edit)),
        messages=tuple(log_of(conn, account.school, list(names), now - LOGGED)),
        classes=tuple(ClassLink(id=one.id, title=one.title) for one in own_classes(conn, account)),
    )


def _pupils(names: Mapping[str, str], known: Sequence[Known], *, whole: bool) -> list[PupilGuardians]:
    of: dict[str, list[GuardianLine]] = defaultdict(list)
    for one in known:
        for student, relation in one.of:
            of[student].append(line_of(one, relation, whole=whole))
    return [PupilGuardians(student=id_, name=name, guardians=tuple(of[id_])) for id_, name in names.items()]


def line_of(one: Known, relation: str, *, whole: bool) -> GuardianLine:
    """A guardian as the reader may see them."""
    fields = ("id", "name", "language", "by", "quiet_from", "quiet_until")
    said = {name: getattr(one.guardian, name) for name in fields}
    contacts = {name: getattr(one.guardian, name) for name in ("phone", "email")}
    shown = contacts if whole else {name: hidden(value) for name, value in contacts.items()}
    return GuardianLine(**said, **shown, relation=relation, wants=one.wants)


def hidden(contact: str) -> str:
    """A contact by which nobody can be reached: its beginning, and the end that tells it from others."""
    local, at, domain = contact.partition("@")
    if at:
        return f"{local[:1]}…@{domain}"
    return f"{contact[:3]}****{contact[-2:]}" if len(contact) > 6 else "****" if contact else ""
