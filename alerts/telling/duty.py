"""Who is on post: shifts of guards, and who is asked when nobody is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec
import sqlalchemy as sa

from alerts.tables import duty_shifts
from alerts.telling.routes import Who
from campus.errors import Conflict, NotFound
from campus.ids import new_id


class People(Protocol):
    """Who people are, as the composition root knows it. Ids of accounts and teachers, never names."""

    def with_role(self, conn: sa.Connection, school: str, role: str, /) -> Sequence[str]:
        """The accounts with a role: guard, facility, head."""
        ...

    def lesson_teacher(
        self, conn: sa.Connection, school: str, class_id: str | None, place: str | None, at: datetime, /
    ) -> str | None:
        """Who teaches in the place at ``at``, or else the class; None when nobody does."""
        ...

    def class_teacher(self, conn: sa.Connection, school: str, class_id: str, /) -> str | None:
        """The class teacher, or None."""
        ...


class Nobody:
    """`People` for when nobody is known."""

    def with_role(self, conn: sa.Connection, school: str, role: str, /) -> Sequence[str]:  # noqa: ARG002
        """Nobody."""
        return ()

    def lesson_teacher(
        self, conn: sa.Connection, school: str, class_id: str | None, place: str | None, at: datetime, /  # noqa: ARG002
    ) -> str | None:  # fmt: skip
        """Nobody."""
        return None

    def class_teacher(self, conn: sa.Connection, school: str, class_id: str, /) -> str | None:  # noqa: ARG002
        """Nobody."""
        return None


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """A guard's shift; ``post`` is a place, None: the whole school."""

    id: str
    school: str
    account: str
    post: str | None
    starts: datetime
    ends: datetime


class Recipient(msgspec.Struct, frozen=True):
    """Someone who is asked to deal with an alarm, and as what. ``why`` names a fall-back."""

    person: str
    who: Who
    why: str


def plan_shift(
    conn: sa.Connection, school: str, account: str, starts: datetime, ends: datetime, post: str | None = None
) -> str:
    """Enter a shift and return its id; raises `Conflict` when it ends before it begins."""
    if ends <= starts:
        raise Conflict("a shift ends after it begins")
    shift = Shift(id=new_id(), school=school, account=account, post=post, starts=starts, ends=ends)
    conn.execute(duty_shifts.insert().values(msgspec.structs.asdict(shift)))
    return shift.id


def cancel_shift(conn: sa.Connection, school: str, shift_id: str) -> None:
    """Take a shift out; raises `NotFound`."""
    mine = (duty_shifts.c.id == shift_id, duty_shifts.c.school == school)
    if conn.execute(duty_shifts.delete().where(*mine)).rowcount == 0:
        raise NotFound(f"there is no shift {shift_id}")


def shifts(conn: sa.Connection, school: str, since: datetime, until: datetime) -> list[Shift]:
    """The shifts that touch a span of time, in order."""
    there = (duty_shifts.c.school == school, duty_shifts.c.starts < until, duty_shifts.c.ends > since)
    rows = conn.execute(sa.select(duty_shifts).where(*there).order_by(duty_shifts.c.starts, duty_shifts.c.account))
    return [Shift(**row) for row in rows.mappings()]


def on_post(conn: sa.Connection, school: str, place: str | None, at: datetime) -> list[str]:
    """Who is on duty at ``at``: those posted at ``place``, or else those who answer for the whole school."""
    there = (duty_shifts.c.school == school, duty_shifts.c.starts <= at, duty_shifts.c.ends > at)
    rows = conn.execute(sa.select(duty_shifts.c.account, duty_shifts.c.post).where(*there)).all()
    posted = sorted({row.account for row in rows if place is not None and row.post == place})
    return posted or sorted({row.account for row in rows if row.post is None})


def recipients(
    conn: sa.Connection, people: People, wanted: Sequence[Who], school: str, place: str | None, class_id: str | None,
    at: datetime,
) -> list[Recipient]:  # fmt: skip
    """The people behind ``wanted``. When there are none: everyone on duty, every guard, then the head."""
    found = [one for who in wanted for one in _resolve(conn, people, who, school, place, class_id, at)]
    if found or not wanted:
        return list({one.person: one for one in reversed(found)}.values())[::-1]
    on_duty = {shift.account for shift in shifts(conn, school, at, at)}
    for accounts, who, why in (
        (sorted(on_duty), "guard", "nobody_on_post"),
        (people.with_role(conn, school, "guard"), "guard", "nobody_on_duty"),
        (people.with_role(conn, school, "head"), "head", "no_guard"),
    ):
        if accounts:
            return [Recipient(person, "head" if who == "head" else "guard", why) for person in accounts]
    return []


def _resolve(
    conn: sa.Connection, people: People, who: Who, school: str, place: str | None, class_id: str | None, at: datetime
) -> list[Recipient]:
    match who:
        case "guard":
            return [Recipient(one, who, "on_post") for one in on_post(conn, school, place, at)]
        case "lesson_teacher":
            teacher = people.lesson_teacher(conn, school, class_id, place, at)
            return [Recipient(teacher, who, "teaches_now")] if teacher else []
        case "class_teacher":
            teacher = people.class_teacher(conn, school, class_id) if class_id else None
            return [Recipient(teacher, who, "class_teacher")] if teacher else []
        case _:
            return [Recipient(one, who, "role") for one in people.with_role(conn, school, who)]
