"""Writes what each source says of the calendar, beside the others: the school's own word goes before a feed's, a feed's
before the official one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Literal, Protocol

import sqlalchemy as sa

from attendance.calendar.feed import Feed
from attendance.calendar.tables import calendar_hours
from attendance.sessions.due import plan_again
from attendance.tables import calendar_days

Source = Literal["school", "feed", "official"]


class Day(Protocol):
    """A date and what it is."""

    @property
    def day(self) -> date:
        """The date."""
        ...

    @property
    def day_type(self) -> str:
        """What kind of day."""
        ...

    @property
    def name(self) -> str:
        """What it is called."""
        ...


def put_official(conn: sa.Connection, school: str, days: Collection[Day]) -> bool:
    """Store the official days of the years that ``days`` are in; whether anything changed."""
    years = {one.day.year for one in days}
    spans = [calendar_days.c.day.between(date(year, 1, 1), date(year, 12, 31)) for year in years]
    return _replace(conn, school, "official", days, sa.or_(sa.false(), *spans))


def put_feed(conn: sa.Connection, school: str, feed: Feed, since: date, until: date) -> bool:
    """Store what the feed says from ``since`` to before ``until``; whether anything changed."""
    within = sa.and_(calendar_days.c.day >= since, calendar_days.c.day < until)
    changed = _replace(conn, school, "feed", feed.days, within)
    hours = calendar_hours
    mine = (hours.c.school == school, hours.c.said_by == "feed", hours.c.day >= since, hours.c.day < until)
    columns = [hours.c[name] for name in ("day", "starts", "ends", "name")]
    before = {tuple(row) for row in conn.execute(sa.select(*columns).where(*mine))}
    longest: dict[tuple[date, int], tuple[int, str]] = {}
    for one in feed.hours:
        longest[one.day, one.starts] = max(longest.get((one.day, one.starts), (0, "")), (one.ends, one.name))
    after = {(day, starts, ends, name) for (day, starts), (ends, name) in longest.items()}
    if before != after:
        conn.execute(hours.delete().where(*mine))
        rows = [
            {"school": school, "said_by": "feed", "day": day, "starts": starts, "ends": ends, "name": name}
            for day, starts, ends, name in sorted(after)
        ]
        if rows:
            conn.execute(hours.insert(), rows)
        plan_again(conn, school)
    return changed or before != after


def _replace(
    conn: sa.Connection, school: str, source: Source, days: Iterable[Day], within: sa.ColumnElement[bool]
) -> bool:
    mine = (calendar_days.c.school == school, calendar_days.c.said_by == source, within)
    columns = [calendar_days.c[name] for name in ("day", "day_type", "name")]
    before = {tuple(row) for row in conn.execute(sa.select(*columns).where(*mine))}
    after = {(one.day, one.day_type, one.name) for one in days}
    if before == after:
        return False
    conn.execute(calendar_days.delete().where(*mine))
    rows = [
        {"school": school, "said_by": source, "day": day, "day_type": day_type, "name": name, "follows": None}
        for day, day_type, name in sorted(after)
    ]
    if rows:
        conn.execute(calendar_days.insert(), rows)
    plan_again(conn, school)
    return True
