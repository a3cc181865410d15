"""The school's calendar as the schedules of rules ask for it: answers the `Calendar` port of alerts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from attendance.calendar.daybook import school_day
from attendance.calendar.schoolday import local_day, local_minute
from attendance.tables import schools


class SchoolMoment(msgspec.Struct, frozen=True):
    """What a moment is by calendar and bells."""

    day: str
    minute: int
    parts: frozenset[str]


class SchoolCalendar:
    """Calendar and bells of the schools, in their zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def moment(self, conn: sa.Connection, school: str, at: datetime) -> SchoolMoment:
        """What ``at`` is for the school; a day without school or without bells is a holiday, and all after hours."""
        minute = local_minute(at, self._zone)
        day = school_day(conn, school, local_day(at, self._zone))
        if day is None:
            return SchoolMoment("holiday", minute, frozenset({"after_hours"}))
        running = {bell.kind for bell in day.bells if bell.starts <= minute < bell.ends}
        hours = day.hours()
        inside = {"school_hours"} if hours and hours[0] <= minute < hours[1] else set()
        return SchoolMoment(day.day_type, minute, frozenset(running | inside or {"after_hours"}))

    def schools(self, conn: sa.Connection) -> Sequence[str]:
        """The schools that have a roster."""
        return list(conn.execute(sa.select(schools.c.id).order_by(schools.c.id)).scalars())
