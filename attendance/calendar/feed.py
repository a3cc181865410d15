"""A school's exceptions by iCalendar (RFC 5545): whole days that are something else, and hours without lessons.

What an event means is said by its CATEGORIES (HOLIDAY, MAKEUP, EXAM, NO-LESSONS), or else by words in its summary. An
event that says nothing of the kind is passed over and counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import msgspec
import recurring_ical_events

from attendance.calendar.official import MAKEUP
from attendance.calendar.schoolday import HOLIDAY
from campus.errors import ImportFileError

EXAM = "exam"
NO_LESSONS = "no-lessons"
MOST = 5000  # occurrences that are taken from one feed
LONGEST_EVENT = 120  # days
# The first that fits. "上班" and "补课" stand in the names of make-up days that also name the holiday.
_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (MAKEUP, ("上班", "补班", "补课", "调休上课", "make-up", "makeup", "working day")),
    (EXAM, ("考试", "期中", "期末", "月考", "exam")),
    (HOLIDAY, ("放假", "假期", "休假", "holiday", "vacation", "no school")),
    (NO_LESSONS, ("停课", "运动会", "no lessons", "sports day", "assembly")),
)


class FeedDay(msgspec.Struct, frozen=True):
    """A whole day that is something else."""

    day: date
    day_type: str
    name: str


class FeedHours(msgspec.Struct, frozen=True):
    """Minutes after local midnight of a day in which no lesson is held."""

    day: date
    starts: int
    ends: int
    name: str


class Feed(msgspec.Struct, frozen=True):
    """What a feed says from one date to another; ``passed_over`` events said nothing we know."""

    days: tuple[FeedDay, ...]
    hours: tuple[FeedHours, ...]
    passed_over: int


def read_feed(text: bytes, since: date, until: date, zone: ZoneInfo) -> Feed:
    """The exceptions from ``since`` to before ``until``; repeated events are followed no further. Raises
    `ImportFileError` for what is no iCalendar.
    """
    try:
        calendar = icalendar.Calendar.from_ical(text)
        events = recurring_ical_events.of(calendar).between(since, until)
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        raise ImportFileError("the feed", 1, f"is no iCalendar that can be read: {error}") from None
    if len(events) > MOST:
        raise ImportFileError("the feed", 1, f"holds {len(events)} events; at most {MOST} are taken")
    days: dict[date, FeedDay] = {}
    hours: list[FeedHours] = []
    passed_over = 0
    for event in events:
        meaning, name = _meaning(event), str(event.get("SUMMARY", ""))[:64]
        if meaning is None:
            passed_over += 1
        elif meaning == NO_LESSONS or isinstance(event["DTSTART"].dt, datetime):
            hours += [FeedHours(day, *span, name) for day, span in _spans(event, zone)]
        else:
            # Of two events of a day the one that has students come goes first.
            for day in _days(event):
                if day not in days or days[day].day_type == HOLIDAY:
                    days[day] = FeedDay(day, meaning, name)
    kept = tuple(sorted((one for one in days.values() if since <= one.day < until), key=lambda one: one.day))
    return Feed(kept, tuple(one for one in hours if since <= one.day < until), passed_over)


def _meaning(event: Any) -> str | None:
    said = event.get("CATEGORIES")
    categories: Sequence[Any] = said if isinstance(said, list) else [said] if said is not None else []
    for group in categories:
        for one in getattr(group, "cats", [group]):
            plain = str(one).strip().lower()
            if plain in (HOLIDAY, MAKEUP, EXAM, NO_LESSONS):
                return plain
    summary = str(event.get("SUMMARY", "")).lower()
    return next((meaning for meaning, words in _WORDS if any(word in summary for word in words)), None)


def _bounds(event: Any) -> tuple[Any, Any]:
    start = event["DTSTART"].dt
    if "DTEND" in event:
        return start, event["DTEND"].dt
    if "DURATION" in event:
        return start, start + event["DURATION"].dt
    return start, start + timedelta(days=1) if not isinstance(start, datetime) else start


def _days(event: Any) -> Iterator[date]:
    start, end = _bounds(event)
    for number in range(max(1, min((end - start).days, LONGEST_EVENT))):
        yield start + timedelta(days=number)


def _spans(event: Any, zone: ZoneInfo) -> Iterator[tuple[date, tuple[int, int]]]:
    """The parts of each local day that a timed event takes; a whole day is a whole day."""
    start, end = _bounds(event)
    if not isinstance(start, datetime):
        yield from ((day, (0, 1440)) for day in _days(event))
        return
    begins, ends = (one.astimezone(zone) if one.tzinfo else one.replace(tzinfo=zone) for one in (start, end))
    for number in range(min((ends.date() - begins.date()).days, LONGEST_EVENT) + 1):
        day = begins.date() + timedelta(days=number)
        first = begins.hour * 60 + begins.minute if number == 0 else 0
        last = ends.hour * 60 + ends.minute if day == ends.date() else 1440
        if first < last:
            yield day, (first, last)
