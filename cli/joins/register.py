"""What roll, gates and leave say together: answers the `Register` port of alerts from the tables of attendance."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from alerts.ports import OverdueWork, RosterTrouble
from attendance.calendar.daybook import school_day
from attendance.calendar.schoolday import local_day, moment
from attendance.register.tables import roll, sessions, site_states
from attendance.roster.log import standing
from attendance.tables import leaves, students
from cli.joins.gate_rush import silent_gates
from devices.upkeep import checks, tickets

MORNING = timedelta(hours=6)  # a night check ends at midnight; who is missing then is missing until the house is up


class SchoolRegister:
    """Reads the register in the zone of the schools; sets of students in one query each."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def absent_inside(self, conn: sa.Connection, school: str, at: datetime) -> Sequence[tuple[str, str]]:
        """Marked absent in an open session, and inside since before it closed."""
        return _marked(conn, school, at, "in", roll.c.status == "absent")

    def present_outside(self, conn: sa.Connection, school: str, at: datetime) -> Sequence[tuple[str, str]]:
        """Marked present or late by a person's word, and out by the gates."""
        return _marked(conn, school, at, "out", sa.and_(roll.c.status.in_(("present", "late")), roll.c.held))

    def not_checked_out(self, conn: sa.Connection, school: str, at: datetime, after: timedelta) -> Mapping[str, int]:
        """Of each class, how many are inside so long after dismissal; empty on days without school."""
        today = local_day(at, self._zone)
        day = school_day(conn, school, today)
        hours = day.hours() if day else None
        if hours is None or at < moment(today, hours[1], self._zone) + after:
            return {}
        query = (
            sa.select(site_states.c.class_id, sa.func.count())
            .where(site_states.c.school == school, site_states.c.state == "in")
            .group_by(site_states.c.class_id)
        )
        return {class_id: int(count) for class_id, count in conn.execute(query)}

    def roll_missing(self, conn: sa.Connection, school: str, at: datetime, after: timedelta) -> Sequence[str]:
        """Classes whose running session has no mark at all."""
        marked = sa.select(roll.c.session).where(roll.c.session == sessions.c.id, roll.c.status.is_not(None))
        query = sa.select(sessions.c.class_id).where(
            *running(school, at), sessions.c.late_at <= at - after, ~marked.exists()
        )
        return list(conn.execute(query.distinct().order_by(sessions.c.class_id)).scalars())

    def boarders_missing(
        self, conn: sa.Connection, school: str, at: datetime, after: timedelta
    ) -> Sequence[tuple[str, str]]:
        """Absent at the last night check, and not seen coming in by a gate since."""
        query = (
            sa.select(roll.c.student, sessions.c.class_id)
            .join_from(roll, sessions, sessions.c.id == roll.c.session)
            .join(site_states, _same_student(), isouter=True)
            .where(*last_night(school, at, after), roll.c.status == "absent", ~_back_in())
        )
        return [(student, class_id) for student, class_id in conn.execute(query.distinct().order_by(roll.c.student))]

    def sick(self, conn: sa.Connection, school: str, since: datetime, until: datetime) -> Mapping[str, int]:
        """Students of each class with sick leave that touches the time."""
        same = sa.and_(students.c.school == leaves.c.school, students.c.id == leaves.c.student)
        query = (
            sa.select(students.c.class_id, sa.func.count(sa.distinct(leaves.c.student)))
            .join_from(leaves, students, same)
            .where(leaves.c.school == school, leaves.c.kind == "sick", leaves.c.starts < until, leaves.c.ends > since)
            .group_by(students.c.class_id)
        )
        return {class_id: int(count) for class_id, count in conn.execute(query) if class_id}

    def overdue_work(self, conn: sa.Connection, school: str, at: datetime, after: timedelta) -> Sequence[OverdueWork]:
        """Planned checks and tickets whose day, in the schools' zone, was so long ago."""
        until = local_day(at - after, self._zone)
        late = [
            OverdueWork(one.id, one.title, one.next_due, one.device, one.place)
            for one in checks.planned(conn, school)
            if one.next_due < until
        ]
        for one in tickets.living(conn, school):
            due = local_day(one.due_at, self._zone)
            if due < until and one.state != "done":
                late.append(OverdueWork(one.id, one.title, due, one.device, one.place))
        return late

    def roster_trouble(
        self, conn: sa.Connection, school: str, at: datetime, stale: timedelta | None
    ) -> RosterTrouble | None:
        """The import that was refused or failed since the last that went through, or that one when it is too old."""
        found = standing(conn, school, at)
        if found.trouble is not None:
            how: Literal["refused", "failed"] = "refused" if found.trouble.state == "refused" else "failed"
            return RosterTrouble(how, found.trouble.began_at)
        good = found.last_good
        if stale is None or good is None or good.began_at > at - stale:
            return None
        return RosterTrouble("stale", good.began_at)

    def silent_gates(
        self, conn: sa.Connection, schools: Collection[str], at: datetime, within: timedelta
    ) -> Mapping[str, Sequence[tuple[str, str | None, float]]]:
        """Gates that are online and without a pass, held against the same minutes of the last school days."""
        return silent_gates(conn, schools, at, within, self._zone)


def _marked(
    conn: sa.Connection, school: str, at: datetime, state: str, mark: sa.ColumnElement[bool]
) -> Sequence[tuple[str, str]]:
    query = (
        sa.select(roll.c.student, sessions.c.class_id)
        .join_from(roll, sessions, sessions.c.id == roll.c.session)
        .join(site_states, _same_student())
        .where(*running(school, at), site_states.c.state == state, mark)
    )
    return [(student, class_id) for student, class_id in conn.execute(query.distinct().order_by(roll.c.student))]


def last_night(school: str, at: datetime, after: timedelta) -> tuple[sa.ColumnElement[bool], ...]:
    """Night checks that were due ``after`` before ``at``, until the morning after."""
    due = (sessions.c.late_at <= at - after, sessions.c.until_at > at - MORNING)
    return sessions.c.school == school, sessions.c.kind == "night", *due


def _back_in() -> sa.ColumnElement[bool]:
    """A gate saw the student come in after the check was due: the doors will have told, or somebody will."""
    seen = sa.and_(site_states.c.state == "in", site_states.c.why == "pass", site_states.c.at > sessions.c.late_at)
    return sa.func.coalesce(seen, False)


def _same_student() -> sa.ColumnElement[bool]:
    return sa.and_(site_states.c.school == roll.c.school, site_states.c.student == roll.c.student)


def running(school: str, at: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """The sessions that go on at ``at``."""
    return sessions.c.school == school, sessions.c.opens_at <= at, sessions.c.until_at > at
