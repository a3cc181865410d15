"""The early-warning list of a class: who shows a sign, with the counted days it rests on and no score."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from attendance.calendar.schoolday import local_day
from attendance.reports.insight import AWAY, Insight, Sign, early_warnings, insight_of_class
from attendance.tables import students
from dashboards.access.accounts import Account
from dashboards.views.classes import must_own, own_classes
from dashboards.views.roll import OwnClass


class Warned(msgspec.Struct, frozen=True, kw_only=True):
    """A student who shows a sign: the signs, and the counted days behind them."""

    student: str
    name: str
    signs: tuple[Sign, ...]
    days: int
    away: int
    late: int
    longest_away: int


class Warnings(msgspec.Struct, frozen=True, kw_only=True):
    """The list of a class over ``weeks`` up to today, those with the largest share of days away first.

    ``counted`` is of how many students there are days to count; the others cannot show a sign.
    """

    class_id: str
    class_title: str
    first: date
    last: date
    weeks: int
    enrolled: int
    counted: int
    lines: tuple[Warned, ...]
    classes: tuple[OwnClass, ...]


def warnings_of(
    conn: sa.Connection, account: Account, class_id: str, weeks: int, now: datetime, zone: ZoneInfo
) -> Warnings:
    """The early-warning list of one of the account's own classes. Raises `NotFound` for any other."""
    own = must_own(conn, account, class_id)
    last = local_day(now, zone)
    first = last - timedelta(weeks=weeks) + timedelta(days=1)
    query = sa.select(students.c.id, students.c.name).where(
        students.c.school == account.school, students.c.class_id == class_id, students.c.active
    )
    names = {row.id: row.name for row in conn.execute(query)}
    found = insight_of_class(conn, account.school, class_id, first, last)
    return Warnings(
        class_id=class_id,
        class_title=own.title,
        first=first,
        last=last,
        weeks=weeks,
        enrolled=len(names),
        counted=sum(one.days > 0 for one in found),
        lines=tuple(_warned(one, names) for one in early_warnings(found)),
        classes=tuple(OwnClass(id=one.id, title=one.title) for one in own_classes(conn, account)),
    )


def _warned(one: Insight, names: dict[str, str]) -> Warned:
    return Warned(
        student=one.student,
        name=names.get(one.student, one.student),
        signs=one.signs,
        days=one.days,
        away=sum(one.by_status.get(status, 0) for status in AWAY),
        late=one.by_status.get("late", 0),
        longest_away=one.longest_away,
    )
