"""What a student's attendance shows a class teacher: shares, streaks and patterns, each with the figures it rests on.

There is no score: a sign is one sentence's worth of counted days, and a teacher judges. Chronic absence is 10 % of the
sessions, as Attendance Works defines it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Literal

import msgspec
import sqlalchemy as sa

from attendance.policy import Status
from attendance.register.tables import roll, sessions
from attendance.reports.spans import of_class, on_days

CHRONIC_SHARE = 0.1
# Fewer sessions than this say nothing about a habit.
ENOUGH = 10
AWAY: frozenset[Status] = frozenset({"absent", "on_leave", "sick", "suspended"})
COUNTED: frozenset[Status] = AWAY | {"present", "late", "left_early", "official"}

SignKind = Literal["chronic_absence", "absent_in_a_row", "late_on_weekday", "late_often", "more_than_before"]


class DayMark(msgspec.Struct, frozen=True):
    """A student's status at arrival on a day."""

    day: date
    status: Status


class Sign(msgspec.Struct, frozen=True):
    """Something a teacher may want to look at: ``count`` days ``of`` so many; ``weekday`` (1-7) where it matters."""

    kind: SignKind
    count: int
    of: int
    weekday: int | None = None


class Insight(msgspec.Struct, frozen=True, kw_only=True):
    """One student's span: days by status, the longest run of days away, and the signs found."""

    student: str
    days: int
    by_status: dict[Status, int]
    longest_away: int
    signs: tuple[Sign, ...]


def insight(student: str, marks: Iterable[DayMark], before: Iterable[DayMark] = ()) -> Insight:
    """What ``marks`` show, against the student's own past ``before``. Pure; the order of days does not matter.

    Days on which nobody can know (unknown) or none was required count for nothing.
    """
    own = _counted(marks)
    runs = _runs_away(own)
    signs = [*_chronic(own), *_in_a_row(runs), *_late(own), *_change(own, _counted(before))]
    by_status = dict(sorted(Counter(one.status for one in own).items()))
    return Insight(
        student=student, days=len(own), by_status=by_status, longest_away=max(runs, default=0), signs=tuple(signs)
    )


def _counted(marks: Iterable[DayMark]) -> list[DayMark]:
    return sorted((one for one in marks if one.status in COUNTED), key=lambda one: one.day)


def _away(marks: Sequence[DayMark]) -> int:
    return sum(one.status in AWAY for one in marks)


def _chronic(own: Sequence[DayMark]) -> list[Sign]:
    away = _away(own)
    return [Sign("chronic_absence", away, len(own))] if len(own) >= ENOUGH and away >= CHRONIC_SHARE * len(own) else []


def _runs_away(own: Sequence[DayMark]) -> list[int]:
    """The lengths of runs of school days away; the last one runs on to today."""
    runs = [0]
    for one in own:
        runs = [*runs[:-1], runs[-1] + 1] if one.status in AWAY else [*runs, 0]
    return runs


def _in_a_row(runs: Sequence[int]) -> list[Sign]:
    now = runs[-1] if runs else 0
    return [Sign("absent_in_a_row", now, now)] if now >= 3 else []


def _late(own: Sequence[DayMark]) -> list[Sign]:
    """Late at least three times on one weekday and on half of its days; or on a fifth of all days."""
    days: dict[int, list[DayMark]] = defaultdict(list)
    for one in own:
        days[one.day.isoweekday()].append(one)
    found = []
    for weekday, marks in sorted(days.items()):
        late = sum(one.status == "late" for one in marks)
        if late >= 3 and 2 * late >= len(marks):
            found.append(Sign("late_on_weekday", late, len(marks), weekday))
    late = sum(one.status == "late" for one in own)
    if not found and len(own) >= ENOUGH and 5 * late >= len(own):
        found.append(Sign("late_often", late, len(own)))
    return found


def _change(own: Sequence[DayMark], before: Sequence[DayMark]) -> list[Sign]:
    """Away at least three days, and more than twice as often as in the student's own past."""
    if len(own) < ENOUGH or len(before) < ENOUGH:
        return []
    away, then = _away(own), _away(before)
    doubled = away * len(before) > 2 * then * len(own)
    return [Sign("more_than_before", away, len(own))] if away >= 3 and doubled else []


def early_warnings(found: Iterable[Insight]) -> list[Insight]:
    """Who shows any sign, those with the most days away by their share first."""
    return sorted((one for one in found if one.signs), key=lambda one: (-_share_away(one), one.student))


def _share_away(one: Insight) -> float:
    return sum(one.by_status.get(status, 0) for status in AWAY) / one.days if one.days else 0.0


def insight_of_class(conn: sa.Connection, school: str, class_id: str, first: date, last: date) -> list[Insight]:
    """The insight of every active student of a class from ``first`` to ``last``, against as long a span before."""
    start = first - (last - first) - timedelta(days=1)
    query = (
        sa.select(roll.c.student, sessions.c.day, roll.c.status)
        .join_from(roll, sessions, sessions.c.id == roll.c.session)
        .where(
            of_class(school, class_id),
            on_days(start, last),
            sessions.c.kind == "arrival",
            roll.c.status.isnot(None),
        )
    )
    marks: dict[str, list[DayMark]] = defaultdict(list)
    for student, day, status in conn.execute(query):
        marks[student].append(DayMark(day, status))
    return [
        insight(who, (one for one in own if one.day >= first), (one for one in own if one.day < first))
        for who, own in sorted(marks.items())
    ]
