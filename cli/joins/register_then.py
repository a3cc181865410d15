"""What roll and gates said together at a moment of the past: answers the `Register` port for a replay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from attendance.calendar.daybook import school_day
from attendance.calendar.schoolday import local_day, moment
from attendance.register.tables import marks, passes, sessions
from attendance.tables import students
from campus.envelope import Envelope, Source
from campus.events import GatePass
from cli.joins.register import SchoolRegister, last_night, running
from devices.tables import devices

NOBODY = "0" * 32  # a replay counts cards and never says whose they were


class RegisterThen(SchoolRegister):
    """As `SchoolRegister`, from the marks and passes that were known at the moment asked for.

    Directions are those repaired since, and leave is what is on record now: both know more than was known then.
    """

    def absent_inside(self, conn: sa.Connection, school: str, at: datetime) -> Sequence[tuple[str, str]]:
        """Marked absent in a session that was open, and inside by the last pass of the day."""
        marked = _marked(conn, school, at, *running(school, at))
        inside = self._states(conn, school, at)
        return [
            (student, of) for student, of, status, _ in marked if status == "absent" and inside.get(student) == "in"
        ]

    def present_outside(self, conn: sa.Connection, school: str, at: datetime) -> Sequence[tuple[str, str]]:
        """Marked present or late by a person's word, and out by the gates."""
        said = [
            (student, of)
            for student, of, status, by in _marked(conn, school, at, *running(school, at))
            if status in ("present", "late") and by != "machine"
        ]
        states = self._states(conn, school, at) if said else {}
        return [(student, of) for student, of in said if states.get(student, "out") == "out"]

    def not_checked_out(self, conn: sa.Connection, school: str, at: datetime, after: timedelta) -> Mapping[str, int]:
        """Of each class, how many were inside so long after dismissal."""
        today = local_day(at, self._zone)
        day = school_day(conn, school, today)
        hours = day.hours() if day else None
        if hours is None or at < moment(today, hours[1], self._zone) + after:
            return {}
        query = sa.select(students.c.id, students.c.class_id).where(students.c.school == school)
        class_of = {row.id: row.class_id for row in conn.execute(query)}
        found: dict[str, int] = {}
        for student, state in self._states(conn, school, at).items():
            if state == "in" and (of := class_of.get(student)):
                found[of] = found.get(of, 0) + 1
        return found

    def roll_missing(self, conn: sa.Connection, school: str, at: datetime, after: timedelta) -> Sequence[str]:
        """Classes whose session had no mark at all by then."""
        of = sa.and_(marks.c.session == sessions.c.id, marks.c.at <= at, marks.c.status.is_not(None))
        query = sa.select(sessions.c.class_id).where(
            *running(school, at), sessions.c.late_at <= at - after, ~sa.exists().where(of)
        )
        return list(conn.execute(query.distinct().order_by(sessions.c.class_id)).scalars())

    def boarders_missing(
        self, conn: sa.Connection, school: str, at: datetime, after: timedelta
    ) -> Sequence[tuple[str, str]]:
        """Absent at the last night check by the marks of then, and not seen coming in since."""
        absent = [one for one in _marked(conn, school, at, *last_night(school, at, after)) if one[2] == "absent"]
        back = self._states(conn, school, at, since=at - timedelta(hours=12)) if absent else {}
        return [(student, of) for student, of, _, _ in absent if back.get(student) != "in"]

    def _states(self, conn: sa.Connection, school: str, at: datetime, since: datetime | None = None) -> dict[str, str]:
        """Where the last pass of the day (or since ``since``) left each student: in or out."""
        begins = since or moment(local_day(at, self._zone), 0, self._zone)
        query = (
            sa.select(passes.c.student, passes.c.direction)
            .where(
                passes.c.school == school, passes.c.at > begins, passes.c.at <= at, passes.c.received_at <= at,
                passes.c.student.is_not(None), passes.c.direction.is_not(None),
            )
            .order_by(passes.c.at, passes.c.id)
        )  # fmt: skip
        return {row.student: row.direction for row in conn.execute(query)}


def cards_read(conn: sa.Connection, schools: Sequence[str], since: datetime, until: datetime) -> Iterator[Envelope]:
    """Every card that was read, as the event it was and without whose it is, in order of arrival."""
    same = sa.and_(devices.c.school == passes.c.school, devices.c.id == passes.c.gate)
    there = (passes.c.school.in_(schools), passes.c.received_at >= since, passes.c.received_at < until)
    query = sa.select(passes, devices.c.kind).join_from(passes, devices, same).where(*there)
    for row in conn.execute(query.order_by(passes.c.received_at, passes.c.id)):
        source = Source(row.school, row.gate, row.kind, row.place)
        body = GatePass(credential=NOBODY)
        yield Envelope(source=source, body=body, at=row.at, received=row.received_at, late=row.late, id=row.id)


def _marked(
    conn: sa.Connection, school: str, at: datetime, *where: sa.ColumnElement[bool]
) -> list[tuple[str, str, str | None, str]]:
    """(student, class, status, by) of the newest mark by then of each student in the sessions of ``where``."""
    query = (
        sa.select(marks.c.session, marks.c.student, sessions.c.class_id, marks.c.status, marks.c.by)
        .join_from(marks, sessions, sessions.c.id == marks.c.session)
        .where(marks.c.school == school, marks.c.at <= at, *where)
        .order_by(marks.c.session, marks.c.student, marks.c.number)
    )
    newest = {(row.session, row.student): row for row in conn.execute(query)}
    return sorted({(row.student, row.class_id, row.status, row.by) for row in newest.values()}, key=lambda one: one[:2])
