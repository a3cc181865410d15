"""Which classes are a person's own: those a class teacher leads, and all of them for the school office."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from attendance import queries
from attendance.queries import ClassInfo
from attendance.tables import students
from campus.errors import NotFound
from dashboards.access.accounts import Account


def own_classes(conn: sa.Connection, account: Account) -> list[ClassInfo]:
    """The classes whose roll is the account's to see and correct: the teacher leads them, not only teaches there."""
    if account.classes:
        mine = [one for one in queries.classes(conn, account.school) if one.id in account.classes]
        return [msgspec.structs.replace(one, home=True) for one in mine]
    if "roll.every" in account.rights:
        return [msgspec.structs.replace(one, home=True) for one in queries.classes(conn, account.school)]
    if not account.teacher:
        return []
    return [one for one in queries.classes_of_teacher(conn, account.school, account.teacher) if one.home]


def own_class(conn: sa.Connection, account: Account, class_id: str) -> ClassInfo | None:
    """The class if it is the account's own, else None: a class of others is not there for this person."""
    return next((one for one in own_classes(conn, account) if one.id == class_id), None)


def must_own(conn: sa.Connection, account: Account, class_id: str) -> ClassInfo:
    """The class if it is the account's own. Raises `NotFound`."""
    found = own_class(conn, account, class_id)
    if found is None:
        raise NotFound(f"class {class_id!r} is none of yours")
    return found


def must_own_student(conn: sa.Connection, account: Account, student: str) -> ClassInfo:
    """The home class of a student, if it is the account's own. Raises `NotFound` for a student of others as well."""
    query = sa.select(students.c.class_id).where(students.c.school == account.school, students.c.id == student)
    class_id = conn.execute(query).scalar()
    found = own_class(conn, account, class_id) if class_id else None
    if found is None:
        raise NotFound(f"student {student!r} is none of yours")
    return found
