"""Whether a rule is on at a moment, by the school's calendar; asks the calendar once a minute."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from alerts.ports import Calendar, SchoolMoment
from alerts.rules.rule import Schedule

_KEPT = 4096


class Schedules:
    """Answers for schedules. Bells and calendar may change under way: an answer is kept for its own minute only."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self._known: dict[tuple[str, int], SchoolMoment] = {}

    def fits(self, conn: sa.Connection, schedule: Schedule | None, school: str, at: datetime) -> bool:
        """Whether ``at`` lies in the schedule; without one it always does."""
        if schedule is None:
            return True
        key = (school, int(at.timestamp()) // 60)
        moment = self._known.get(key)
        if moment is None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            moment = self._known[key] = self.calendar.moment(conn, school, at)
        return schedule.fits(moment.day, moment.parts, moment.minute)
