"""The roll book: who should be where now, who may be away, who is on site. Answers the questions of other domains."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from attendance.calendar.daybook import school_day
from attendance.calendar.lessons import TaughtHour, lessons
from attendance.calendar.schoolday import Bell, SchoolDay, local_day, local_minute, moment
from attendance.register.tables import roll, sessions, site_states
from attendance.sessions.groups import groups_of
from attendance.sessions.home_classes import holds_on
from attendance.tables import classes, enrolments, leaves, students


class Lesson(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson of a class on one day; ``teacher`` and ``room`` are ids, None when the timetable leaves them out."""

    class_id: str
    period: str
    subject: str
    teacher: str | None
    room: str | None
    start: datetime
    end: datetime


class LeaveNow(msgspec.Struct, frozen=True, kw_only=True):
    """The approved leave a student is on."""

    kind: str
    start: datetime
    end: datetime
    approved_by: str


class SiteCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many active students are inside, outside, and nobody knows where."""

    inside: int = 0
    outside: int = 0
    unknown: int = 0


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """Who should be in a place by the timetable: the classes, and their students less those absent or on leave."""

    classes: tuple[str, ...]
    students: int


class RollBook:
    """Reads the register and the timetable in the zone of the schools. Opens no transaction."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def lesson_now(self, conn: sa.Connection, school: str, class_id: str, at: datetime) -> Lesson | None:
        """The lesson the class has at ``at``; None in breaks, outside school hours and on days without school."""
        day, bell = self._now(conn, school, at)
        if day is None or bell is None:
            return None
        found = lessons(conn, school, day, period=bell.period, class_id=class_id)
        return self._lesson(day, bell, found[0]) if found else None

    def lessons_in(self, conn: sa.Connection, school: str, place: str, at: datetime) -> list[Lesson]:
        """The lessons held in the room ``place`` at ``at``, of home classes and teaching groups, by class."""
        day, bell = self._now(conn, school, at)
        if day is None or bell is None:
            return []
        held = lessons(conn, school, day, period=bell.period)
        return [self._lesson(day, bell, one) for one in held if one.room == place]

    def in_groups_now(self, conn: sa.Connection, school: str, at: datetime) -> dict[str, Lesson]:
        """The lesson of each student who has one in a teaching group at ``at``: not where the home class is."""
        day, bell = self._now(conn, school, at)
        if day is None or bell is None:
            return {}
        found = {one.class_id: self._lesson(day, bell, one) for one in lessons(conn, school, day, period=bell.period)}
        groups = groups_of(conn, school, day.day, found)
        return {student: found[own[0]] for student, own in groups.items()}

    def _lesson(self, day: SchoolDay, bell: Bell, hour: TaughtHour) -> Lesson:
        return Lesson(
            class_id=hour.class_id,
            period=bell.period,
            subject=hour.subject,
            teacher=hour.teacher,
            room=hour.room,
            start=moment(day.day, bell.starts, self._zone),
            end=moment(day.day, bell.ends, self._zone),
        )

    def in_school_hours(self, conn: sa.Connection, school: str, class_id: str, at: datetime) -> bool:  # noqa: ARG002
        """Whether the class has to be at school at ``at``: from the end of arrival to dismissal, breaks included.

        All classes of a school keep the same bells.
        """
        day = school_day(conn, school, local_day(at, self._zone))
        hours = day.hours() if day else None
        return hours is not None and hours[0] <= local_minute(at, self._zone) < hours[1]

    def leave_now(self, conn: sa.Connection, school: str, student: str, at: datetime) -> LeaveNow | None:
        """The approved leave that covers ``at``; of several the one that ends last."""
        here = (leaves.c.school == school, leaves.c.student == student, leaves.c.starts <= at, leaves.c.ends > at)
        row = conn.execute(sa.select(leaves).where(*here).order_by(leaves.c.ends.desc()).limit(1)).first()
        if row is None:
            return None
        return LeaveNow(kind=row.kind, start=row.starts, end=row.ends, approved_by=row.approved_by)

    def on_site(self, conn: sa.Connection, school: str) -> SiteCount:
        """How many students of the school are inside, outside, unknown."""
        counts = self.on_site_by_class(conn, school).values()
        return SiteCount(
            inside=sum(one.inside for one in counts),
            outside=sum(one.outside for one in counts),
            unknown=sum(one.unknown for one in counts),
        )

    def on_site_by_class(self, conn: sa.Connection, school: str) -> dict[str, SiteCount]:
        """The same for each class, by class id; a student nothing is known of is unknown."""
        same = sa.and_(site_states.c.school == students.c.school, site_states.c.student == students.c.id)
        state = sa.func.coalesce(site_states.c.state, "unknown")
        query = (
            sa.select(students.c.class_id, state, sa.func.count())
            .join_from(students, site_states, same, isouter=True)
            .where(students.c.school == school, students.c.active)
            .group_by(students.c.class_id, state)
        )
        names = {"in": "inside", "out": "outside", "unknown": "unknown"}
        found: dict[str, dict[str, int]] = {}
        for class_id, state_, number in conn.execute(query):
            found.setdefault(class_id or "", {})[names[state_]] = number
        return {class_id: SiteCount(**counts) for class_id, counts in sorted(found.items())}

    def expected_in(self, conn: sa.Connection, school: str, place: str, at: datetime) -> Expected | None:
        """Who should be in the room ``place`` at ``at``; None when no lesson is held there.

        Who has a lesson in a teaching group is expected with the group, not with the home class.
        """
        day, bell = self._now(conn, school, at)
        if day is None or bell is None:
            return None
        held = lessons(conn, school, day, period=bell.period)
        found = tuple(one.class_id for one in held if one.room == place)
        if not found:
            return None
        groups = groups_of(conn, school, day.day, {one.class_id for one in held})
        members = {one for one in _members(conn, school, found, day.day) if set(groups.get(one, found)) & {*found}}
        return Expected(classes=found, students=len(members - self._away(conn, school, members, at)))

    def class_teacher(self, conn: sa.Connection, school: str, class_id: str) -> str | None:
        """The class teacher: the primary teacher of the class, or its only one; None when nobody is named."""
        here = (
            enrolments.c.school == school,
            enrolments.c.class_id == class_id,
            enrolments.c.role == "teacher",
        )
        query = sa.select(enrolments.c.person, enrolments.c.is_primary).where(*here).order_by(enrolments.c.person)
        rows = conn.execute(query).all()
        primary = [row.person for row in rows if row.is_primary]
        if primary:
            return str(primary[0])
        return str(rows[0].person) if len(rows) == 1 else None

    def student_class(self, conn: sa.Connection, school: str, student: str) -> str | None:
        """The home class of a student; None for an unknown student and one without a class."""
        here = (students.c.school == school, students.c.id == student)
        return conn.execute(sa.select(students.c.class_id).where(*here)).scalar()

    def class_title(self, conn: sa.Connection, school: str, class_id: str) -> str | None:
        """What the class is called; None for an unknown one."""
        here = (classes.c.school == school, classes.c.id == class_id)
        return conn.execute(sa.select(classes.c.title).where(*here)).scalar()

    def _now(self, conn: sa.Connection, school: str, at: datetime) -> tuple[SchoolDay | None, Bell | None]:
        day = school_day(conn, school, local_day(at, self._zone))
        return day, day.period_at(local_minute(at, self._zone)) if day else None

    def _away(self, conn: sa.Connection, school: str, members: set[str], at: datetime) -> set[str]:
        """Who of ``members`` is on leave at ``at`` or absent by today's roll."""
        leave = sa.select(leaves.c.student).where(
            leaves.c.school == school, leaves.c.student.in_(members), leaves.c.starts <= at, leaves.c.ends > at
        )
        day = local_day(at, self._zone)
        today = (sessions.c.school == school, sessions.c.day == day, sessions.c.kind == "arrival")
        absent = (
            sa.select(roll.c.student)
            .join_from(roll, sessions, sessions.c.id == roll.c.session)
            .where(*today, roll.c.student.in_(members), roll.c.status == "absent")
        )
        return {*conn.execute(leave).scalars(), *conn.execute(absent).scalars()}


def _members(conn: sa.Connection, school: str, of: tuple[str, ...], day: date) -> set[str]:
    same = sa.and_(students.c.school == enrolments.c.school, students.c.id == enrolments.c.person)
    query = (
        sa.select(enrolments.c.person)
        .join_from(enrolments, students, same)
        .where(
            enrolments.c.school == school,
            enrolments.c.class_id.in_(of),
            enrolments.c.role == "student",
            students.c.active,
            *holds_on(day),
        )
    )
    return set(conn.execute(query).scalars())
