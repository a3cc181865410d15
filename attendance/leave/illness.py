"""The illness watch: similar cases in a class in a day, and students ill for days, opened for the school doctor."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from attendance.calendar.schoolday import day_bounds
from attendance.tables import leave_requests, students

SIMILAR_CASES = 3
LONG_DAYS = 3


class Case(msgspec.Struct, frozen=True):
    """A student who is ill by approved leave, from and to which local day, with the symptom told."""

    student: str
    class_id: str
    symptom: str
    first: date
    last: date


class FollowUp(msgspec.Struct, frozen=True):
    """Something the school doctor should look at, with its reason: ids only, no names."""

    class_id: str
    why: str  # similar_cases | ill_for_days
    symptom: str
    students: tuple[str, ...]


def follow_ups(cases: Iterable[Case], day: date) -> list[FollowUp]:
    """What ``day`` asks of the doctor: `SIMILAR_CASES` alike in a class, or one student ill since `LONG_DAYS`. Pure."""
    today = [case for case in cases if case.first <= day <= case.last]
    alike: dict[tuple[str, str], set[str]] = defaultdict(set)
    for case in today:
        alike[case.class_id, case.symptom].add(case.student)
    found = [
        FollowUp(class_id, "similar_cases", symptom, tuple(sorted(who)))
        for (class_id, symptom), who in sorted(alike.items())
        if len(who) >= SIMILAR_CASES
    ]
    long = {
        (case.class_id, case.student): case.symptom
        for case in today
        if day - case.first >= timedelta(days=LONG_DAYS - 1)
    }
    return found + [
        FollowUp(class_id, "ill_for_days", symptom, (who,)) for (class_id, who), symptom in sorted(long.items())
    ]


def cases_on(conn: sa.Connection, school: str, day: date, zone: ZoneInfo) -> list[Case]:
    """Who is ill on ``day`` by approved leave that tells a symptom; leave that follows on leave is one case."""
    start, end = day_bounds(day - timedelta(days=30), zone)[0], day_bounds(day, zone)[1]
    same = sa.and_(students.c.school == leave_requests.c.school, students.c.id == leave_requests.c.student)
    query = (
        sa.select(leave_requests, students.c.class_id)
        .join_from(leave_requests, students, same)
        .where(
            leave_requests.c.school == school,
            leave_requests.c.state == "approved",
            leave_requests.c.symptom.isnot(None),
            leave_requests.c.starts < end,
            leave_requests.c.ends >= start,
        )
        .order_by(leave_requests.c.starts)
    )
    return _joined(_case(row, zone) for row in conn.execute(query))


def _case(row: sa.Row[tuple[object, ...]], zone: ZoneInfo) -> Case:
    cells = row._mapping
    until: datetime = min(cells["ends"], cells["returned_at"] or cells["ends"])
    first, last = cells["starts"].astimezone(zone).date(), until.astimezone(zone).date()
    return Case(cells["student"], cells["class_id"] or "", cells["symptom"], first, last)


def _joined(cases: Iterable[Case]) -> list[Case]:
    """Cases of one student and symptom that touch, over a weekend too, made one."""
    found: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in cases:
        own = found[case.student, case.symptom]
        if own and case.first - own[-1].last <= timedelta(days=3 if case.first.isoweekday() == 1 else 1):
            own[-1] = msgspec.structs.replace(own[-1], last=max(own[-1].last, case.last))
        else:
            own.append(case)
    return [case for own in found.values() for case in own]
