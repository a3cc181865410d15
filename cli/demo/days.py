"""Which simulated day it is and how far it went: kept between runs, so that demo time never runs backwards."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

ZONE = ZoneInfo("Asia/Shanghai")
DAY_ENDS = time(18, 0)


class State(msgspec.Struct, frozen=True):
    """The moment the demo was last seen at."""

    at: datetime


class DemoDays:
    """The sequence of school days, from today's date on; ``start`` is the local time at which each begins."""

    def __init__(self, file: Path, start: str, first: date | None = None) -> None:
        self._file = file
        self._start = time.fromisoformat(start)
        begin = datetime.combine(first or datetime.now(ZONE).date(), self._start, ZONE)
        self._moment = _on_a_school_day(begin)
        if file.exists():
            at = msgspec.json.decode(file.read_bytes(), type=State).at.astimezone(ZONE)
            self._moment = at
            if self.is_over(at):
                self.next_day()

    def today(self) -> date:
        """The school's date."""
        return self._moment.astimezone(ZONE).date()

    def moment(self) -> datetime:
        """Where the clock goes on from, in UTC."""
        return self._moment.astimezone(UTC)

    def is_over(self, now: datetime) -> bool:
        """Whether ``now`` is past the end of the present school day."""
        return now >= datetime.combine(self.today(), DAY_ENDS, ZONE)

    def save(self, now: datetime) -> None:
        """Remember how far the day went."""
        self._moment = max(self._moment, min(now.astimezone(ZONE), datetime.combine(self.today(), DAY_ENDS, ZONE)))
        temporary = self._file.with_suffix(".tmp")
        temporary.write_bytes(msgspec.json.encode(State(self._moment.astimezone(UTC))))
        temporary.replace(self._file)

    def next_day(self) -> None:
        """Go to the next school day's morning."""
        morning = datetime.combine(self.today() + timedelta(days=1), self._start, ZONE)
        self._moment = _on_a_school_day(morning)


def _on_a_school_day(moment: datetime) -> datetime:
    while moment.weekday() >= 5:
        moment += timedelta(days=1)
    return moment
