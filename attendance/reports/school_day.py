"""The day of a school by class: how many of each are here, late, absent, excused or unknown."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date

import msgspec
import sqlalchemy as sa

from attendance import tables
from attendance.queries import ClassInfo, classes
from attendance.register import tables as register_tables
from attendance.register.statuses import COUNTED_AS


class ClassSummary(msgspec.Struct, frozen=True, kw_only=True):
    """How a class stands on a day: students by status; ``open`` are those nothing is known of yet."""

    class_id: str
    title: str
    grade: str
    session: str | None
    state: str | None
    enrolled: int
    present: int
    late: int
    absent: int
    on_leave: int
    unknown: int
    open: int


def school_day_summary(conn: sa.Connection, school: str, day: date) -> list[ClassSummary]:
    """How every class stands on ``day``, in the order of `classes`."""
    students, sessions, roll_ = tables.students, register_tables.sessions, register_tables.roll
    of_school = (students.c.school == school, students.c.active)
    sizes = {
        row.class_id: row.enrolled
        for row in conn.execute(
            sa.select(students.c.class_id, sa.func.count().label("enrolled"))
            .where(*of_school)
            .group_by(students.c.class_id)
        )
    }
    of_day = _arrivals(school, day)
    begun = {row.class_id: row for row in conn.execute(sa.select(sessions).where(*of_day))}
    query = (
        sa.select(sessions.c.class_id, roll_.c.status, sa.func.count().label("number"))
        .join_from(sessions, roll_, roll_.c.session == sessions.c.id)
        .join(students, sa.and_(students.c.school == sessions.c.school, students.c.id == roll_.c.student))
        .where(*of_day, students.c.active, students.c.class_id == sessions.c.class_id)
        .group_by(sessions.c.class_id, roll_.c.status)
    )
    counts: dict[str, Counter[str | None]] = defaultdict(Counter)
    for row in conn.execute(query):
        counts[row.class_id][COUNTED_AS.get(row.status, row.status)] += row.number
    return [_summary(one, begun.get(one.id), sizes.get(one.id, 0), counts[one.id]) for one in classes(conn, school)]


def _summary(
    one: ClassInfo, session: sa.Row[tuple[object, ...]] | None, enrolled: int, counts: Counter[str | None]
) -> ClassSummary:
    by_status = {name: counts[name] for name in ("present", "late", "absent", "on_leave", "unknown")}
    return ClassSummary(
        class_id=one.id,
        title=one.title,
        grade=one.grade,
        session=session._mapping["id"] if session else None,
        state=session._mapping["state"] if session else None,
        enrolled=enrolled,
        open=max(0, enrolled - sum(by_status.values())),
        **by_status,
    )


def _arrivals(school: str, day: date) -> tuple[sa.ColumnElement[bool], ...]:
    sessions = register_tables.sessions
    return sessions.c.school == school, sessions.c.day == day, sessions.c.kind == "arrival"
