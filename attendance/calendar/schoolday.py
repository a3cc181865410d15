"""The shape of a school day: its kind, its bells, and the moments that follow from them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from attendance.calendar.weeks import Term, is_vacation, week_of
from attendance.policy import Window

HOLIDAY = "holiday"
ORDINARY = "school"
SAID_BY = ("school", "feed", "official")  # whose word on a date counts, the first before the others
BELL_KINDS = ("arrival", "lesson", "break", "exercise", "lunch", "dismissal", "night")


class Bell(msgspec.Struct, frozen=True, kw_only=True):
    """A period of the day, in minutes after local midnight.

    For an arrival, ``starts`` is when the gates open, ``ends`` the last minute that is in time, and ``closes`` when
    absence is decided.
    """

    period: str
    kind: str
    name: str
    name_en: str
    starts: int
    ends: int
    closes: int | None = None


class CalendarDay(msgspec.Struct, frozen=True):
    """What the calendar says of a date; ``follows`` is the weekday (1-7) whose timetable a make-up day follows."""

    day_type: str
    name: str
    follows: int | None = None


class SchoolDay(msgspec.Struct, frozen=True, kw_only=True):
    """A day on which there is school.

    ``weekday`` (1-7) is the one whose timetable it follows, ``week`` the letter of its week where a term counts weeks.
    """

    day: date
    day_type: str
    weekday: int
    bells: tuple[Bell, ...]
    week: str | None = None

    def of_kind(self, kind: str) -> list[Bell]:
        """The periods of a kind, in order of time."""
        return [bell for bell in self.bells if bell.kind == kind]

    def period_at(self, minute: int) -> Bell | None:
        """The period that runs at ``minute`` after local midnight; a lesson goes before what overlaps it."""
        running = [bell for bell in self.bells if bell.starts <= minute < bell.ends]
        return min(running, key=lambda bell: (bell.kind != "lesson", bell.starts), default=None)

    def hours(self) -> tuple[int, int] | None:
        """When students belong on site, in minutes: from the end of arrival (or the first lesson) to dismissal."""
        lessons, arrivals, dismissals = self.of_kind("lesson"), self.of_kind("arrival"), self.of_kind("dismissal")
        starts = [bell.ends for bell in arrivals[:1]] or [bell.starts for bell in lessons[:1]]
        ends = [bell.starts for bell in dismissals[:1]] or [bell.ends for bell in lessons[-1:]]
        return (starts[0], ends[0]) if starts and ends else None


def shape_of(
    day: date, listed: CalendarDay | None, bells: Mapping[str, Sequence[Bell]], terms: Sequence[Term] = ()
) -> SchoolDay | None:
    """The school day that ``day`` is, or None when there is no school.

    A date the calendar does not list is a holiday between two of the school's ``terms`` and on weekends, and an
    ordinary school day otherwise. A kind of day without bells of its own has the bells of an ordinary one.
    """
    open_ = day.isoweekday() <= 5 and not is_vacation(day, terms)
    day_type = listed.day_type if listed else (ORDINARY if open_ else HOLIDAY)
    if day_type == HOLIDAY:
        return None
    rung = bells.get(day_type) or bells.get(ORDINARY, ())
    if not rung:
        return None
    weekday = listed.follows if listed and listed.follows else day.isoweekday()
    ordered = tuple(sorted(rung, key=lambda bell: (bell.starts, bell.ends, bell.period)))
    week = week_of(day, terms)
    return SchoolDay(
        day=day, day_type=day_type, weekday=weekday, bells=ordered, week=week.letter if week is not None else None
    )


def arrival_window(school_day: SchoolDay, bell: Bell, watched_from: datetime, zone: ZoneInfo) -> Window:
    """The window of an arrival period; evidence counts until the last period by day ends."""
    closes = bell.closes if bell.closes is not None else bell.ends
    last = max(closes, *(one.ends for one in school_day.bells if one.kind != "night"))
    return Window(
        opens_at=moment(school_day.day, bell.starts, zone),
        late_at=moment(school_day.day, bell.ends, zone),
        closes_at=moment(school_day.day, closes, zone),
        until_at=moment(school_day.day, last, zone),
        watched_from=watched_from,
    )


def moment(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """The UTC moment of a local ``minute`` after midnight, as the clock on the wall shows it."""
    return datetime.combine(day, time(minute // 60, minute % 60), zone).astimezone(UTC)


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """The date in ``zone`` at a moment."""
    return at.astimezone(zone).date()


def local_minute(at: datetime, zone: ZoneInfo) -> int:
    """Minutes after local midnight at a moment."""
    wall = at.astimezone(zone)
    return wall.hour * 60 + wall.minute


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The UTC moments at which a local day begins and the next one does."""
    return moment(day, 0, zone), moment(day + timedelta(days=1), 0, zone)
