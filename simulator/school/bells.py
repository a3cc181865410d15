"""The school day's bells and the calendar of the year."""

from __future__ import annotations

from datetime import date, time

from simulator.school.values import Bell, CalendarDay, SimulatedSchool

_DAY: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("P1", "lesson", "第一节", "Period 1", "08:00", "08:45"),
    ("B1", "break", "课间", "Break", "08:45", "08:55"),
    ("P2", "lesson", "第二节", "Period 2", "08:55", "09:40"),
    ("EX", "exercise", "大课间", "Morning exercise", "09:40", "10:10"),
    ("P3", "lesson", "第三节", "Period 3", "10:10", "10:55"),
    ("B2", "break", "课间", "Break", "10:55", "11:05"),
    ("P4", "lesson", "第四节", "Period 4", "11:05", "11:50"),
    ("LU", "lunch", "午餐与午休", "Lunch and rest", "11:50", "13:20"),
    ("P5", "lesson", "第五节", "Period 5", "13:20", "14:05"),
    ("B3", "break", "课间", "Break", "14:05", "14:15"),
    ("P6", "lesson", "第六节", "Period 6", "14:15", "15:00"),
    ("B4", "break", "课间", "Break", "15:00", "15:10"),
    ("P7", "lesson", "第七节", "Period 7", "15:10", "15:55"),
    ("B5", "break", "课间", "Break", "15:55", "16:05"),
    ("P8", "lesson", "第八节", "Period 8", "16:05", "16:50"),
    ("DI", "dismissal", "放学", "Dismissal", "16:50", "17:40"),
)
GATES_OPEN, LATE_AFTER, ARRIVAL_CLOSES = time(7, 0), time(7, 50), time(8, 10)
DISMISSAL, GATES_CLOSE = time(16, 50), time(17, 40)


def bells(day_types: tuple[str, ...]) -> tuple[Bell, ...]:
    """The bells of each type of school day; all types here keep the same hours."""
    return tuple(bell for day_type in day_types for bell in _bells_of(day_type))


def _bells_of(day_type: str) -> list[Bell]:
    arrival = Bell(day_type, "AR", "arrival", "到校", "Arrival", GATES_OPEN, LATE_AFTER, ARRIVAL_CLOSES)
    return [arrival] + [
        Bell(day_type, period, kind, zh, en, time.fromisoformat(start), time.fromisoformat(end))  # type: ignore[arg-type]
        for period, kind, zh, en, start, end in _DAY
    ]


def calendar(day: date) -> tuple[CalendarDay, ...]:
    """The public holidays of the school year around ``day``; a weekend ``day`` is made a working one."""
    year = day.year if day.month >= 8 else day.year - 1
    holidays = [CalendarDay(date(year, 10, number), "holiday", "国庆节") for number in range(1, 8)]
    holidays += [CalendarDay(date(year + 1, 1, 1), "holiday", "元旦")]
    holidays += [CalendarDay(date(year + 1, 5, number), "holiday", "劳动节") for number in range(1, 6)]
    kept = {row.date: row for row in holidays}
    if day.weekday() >= 5 or day in kept:
        kept[day] = CalendarDay(day, "makeup", "调休上课")
    return tuple(kept[key] for key in sorted(kept))


def term(day: date) -> tuple[date, date]:
    """First and last day of the school year around ``day``."""
    year = day.year if day.month >= 8 else day.year - 1
    return date(year, 8, 31), date(year + 1, 7, 10)


def is_school_day(school: SimulatedSchool, day: date) -> bool:
    """Whether the school is open on ``day``: the calendar first, then Monday to Friday."""
    for row in school.calendar:
        if row.date == day:
            return row.day_type != "holiday"
    return day.weekday() < 5


def bell_at(school: SimulatedSchool, local: time) -> Bell | None:
    """The part of the school day at a local time; between parts, and before and after school, none."""
    for bell in school.bells:
        if bell.day_type == "school" and bell.start <= local < bell.end:
            return bell
    return None


def bell_of(school: SimulatedSchool, period: str) -> Bell:
    """The bell called ``period``; raises KeyError for none."""
    for bell in school.bells:
        if bell.period == period:
            return bell
    raise KeyError(period)
