"""Figures for reports: a class by student, a school by grade and class, from the rolls at arrival."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

import msgspec
import sqlalchemy as sa

from attendance import queries
from attendance.policy import Status
from attendance.register.tables import marks, roll, sessions
from attendance.reports.insight import AWAY, CHRONIC_SHARE, COUNTED, ENOUGH
from attendance.reports.spans import of_class, on_days
from attendance.reports.student_days import ARRIVAL
from attendance.tables import students

# A grade or class with fewer students than this is not shown by itself: its figures would be somebody's.
SMALL_GROUP = 5


class RegisterRow(msgspec.Struct, frozen=True):
    """One current mark of a class's register."""

    student: str
    name: str
    day: date
    kind: str
    period: str
    status: Status | None
    why: str
    by: str
    reason: str


class StudentFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One student's span: days that count, days by status, and sessions missed beside the arrival."""

    student: str
    name: str
    days: int
    by_status: dict[Status, int]
    away: int
    missed: int

    @property
    def share(self) -> float | None:
        """The share of days away, 0 to 1; None without a day to count."""
        return self.away / self.days if self.days else None


class GroupFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A grade or class: student-days that count, away and late among them, and students with chronic absence."""

    grade: str
    class_id: str  # empty for a whole grade, and for the school
    title: str
    students: int
    days: int
    away: int
    late: int
    chronic: int

    @property
    def attendance(self) -> float | None:
        """The share of student-days not away, 0 to 1; None without a day to count."""
        return 1 - self.away / self.days if self.days else None


def register_rows(conn: sa.Connection, school: str, class_id: str, first: date, last: date) -> list[RegisterRow]:
    """Every current mark of a class's active students, by day, session and student."""
    marked = sa.and_(
        marks.c.session == roll.c.session, marks.c.student == roll.c.student, marks.c.number == roll.c.number
    )
    query = (
        sa.select(
            students.c.id,
            students.c.name,
            *(sessions.c[name] for name in ("day", "kind", "period")),
            *(marks.c[name] for name in ("status", "why", "by", "reason")),
        )
        .select_from(roll)
        .join(students, sa.and_(students.c.school == roll.c.school, students.c.id == roll.c.student))
        .join(marks, marked)
        .join(sessions, sessions.c.id == roll.c.session)
        .where(of_class(school, class_id), on_days(first, last))
        .order_by(sessions.c.day, sessions.c.opens_at, students.c.id)
    )
    return [RegisterRow(*row) for row in conn.execute(query)]


def student_figures(rows: Iterable[RegisterRow]) -> list[StudentFigures]:
    """The figures of each student of a register, in order of ids. Pure."""
    own: dict[str, list[RegisterRow]] = defaultdict(list)
    for row in rows:
        own[row.student].append(row)
    return [_figures(student, found) for student, found in sorted(own.items())]


def _figures(student: str, rows: Sequence[RegisterRow]) -> StudentFigures:
    by_status: dict[Status, int] = defaultdict(int)
    for row in rows:
        if row.kind == ARRIVAL and row.status is not None:
            by_status[row.status] += 1
    counted = {status: number for status, number in by_status.items() if status in COUNTED}
    return StudentFigures(
        student=student,
        name=rows[0].name,
        days=sum(counted.values()),
        by_status=dict(by_status),
        away=sum(number for status, number in counted.items() if status in AWAY),
        missed=sum(row.kind != ARRIVAL and row.status == "absent" for row in rows),
    )


def school_figures(conn: sa.Connection, school: str, first: date, last: date) -> list[GroupFigures]:
    """The school, then each grade followed by its classes; groups of fewer than `SMALL_GROUP` are left out."""
    by_student = _days_by_student(conn, school, first, last)
    members: dict[str, list[str]] = defaultdict(list)
    query = sa.select(students.c.id, students.c.class_id).where(students.c.school == school, students.c.active)
    for row in conn.execute(query):
        members[row.class_id or ""].append(row.id)
    grades: dict[str, list[GroupFigures]] = defaultdict(list)
    for one in queries.classes(conn, school):
        found = [by_student.get(student, {}) for student in members[one.id]]
        grades[one.grade].append(_group(found, one.grade, one.id, one.title))
    every = [one for own in grades.values() for one in own]
    lines = [_sum(every, "", "")]
    for grade, own in grades.items():
        lines += [_sum(own, grade, grade), *own]
    return [line for line in lines if line.students >= SMALL_GROUP]


def _days_by_student(conn: sa.Connection, school: str, first: date, last: date) -> dict[str, dict[Status, int]]:
    query = (
        sa.select(roll.c.student, roll.c.status, sa.func.count().label("number"))
        .join_from(sessions, roll, roll.c.session == sessions.c.id)
        .where(
            sessions.c.school == school,
            sessions.c.kind == ARRIVAL,
            sessions.c.day.between(first, last),
            roll.c.status.in_(COUNTED),
        )
        .group_by(roll.c.student, roll.c.status)
    )
    found: dict[str, dict[Status, int]] = defaultdict(dict)
    for row in conn.execute(query):
        found[row.student][row.status] = row.number
    return found


def _group(found: Sequence[dict[Status, int]], grade: str, class_id: str, title: str) -> GroupFigures:
    away = [sum(number for status, number in own.items() if status in AWAY) for own in found]
    days = [sum(own.values()) for own in found]
    return GroupFigures(
        grade=grade,
        class_id=class_id,
        title=title,
        students=len(found),
        days=sum(days),
        away=sum(away),
        late=sum(own.get("late", 0) for own in found),
        chronic=sum(of >= ENOUGH and gone >= CHRONIC_SHARE * of for gone, of in zip(away, days, strict=True)),
    )


def _sum(own: Sequence[GroupFigures], grade: str, title: str) -> GroupFigures:
    totals = {name: sum(getattr(one, name) for one in own) for name in ("students", "days", "away", "late", "chronic")}
    return GroupFigures(grade=grade, class_id="", title=title, **totals)
