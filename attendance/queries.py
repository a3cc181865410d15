"""What the console asks: a class's roll, a student's marks, a teacher's classes."""

from __future__ import annotations

import re
from datetime import date, datetime

import msgspec
import sqlalchemy as sa

from attendance import tables
from attendance.policy import Evidence, Status
from attendance.register import tables as register_tables
from attendance.register.statuses import URGENCY
from attendance.sessions.queries import members_of
from campus.errors import NotFound


class ClassInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A class; ``home`` when the teacher asked about is its class teacher rather than one of its teachers."""

    id: str
    title: str
    grade: str
    room: str | None
    home: bool = False


class SessionInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A session and how far it is: planned, open or closed."""

    id: str
    day: date
    period: str
    kind: str
    state: str
    opens_at: datetime
    late_at: datetime
    closes_at: datetime


class RollLine(msgspec.Struct, frozen=True, kw_only=True):
    """One student's current mark.

    ``status`` is None while nothing is known. ``why`` is a code and ``evidence`` what it rests on; ``reason`` are a
    person's words; ``history`` how many marks there were so far. ``held``: a person's word that no machine overwrites.
    """

    student: str
    name: str
    status: Status | None
    why: str
    evidence: Evidence
    by: str
    reason: str
    at: datetime | None
    held: bool
    history: int
    site: str
    seen_at: datetime | None


class RollView(msgspec.Struct, frozen=True, kw_only=True):
    """The roll of a class on a day; ``session`` is None on a day without one."""

    school: str
    class_id: str
    title: str
    day: date
    session: SessionInfo | None
    lines: tuple[RollLine, ...]


class MarkEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One mark of a student's history in a session."""

    number: int
    status: Status | None
    why: str
    evidence: Evidence
    by: str
    reason: str
    at: datetime


class StudentInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A student, the home class, and where last seen."""

    id: str
    name: str
    grade: str
    class_id: str | None
    class_title: str | None
    active: bool
    site: str
    site_why: str
    seen_at: datetime | None
    place: str | None


def roll(conn: sa.Connection, school: str, class_id: str, day: date, session_id: str | None = None) -> RollView:
    """The roll of a class on ``day``, exceptions first: of its arrival, or of the session ``session_id`` of that day.

    Raises `NotFound` for an unknown class and for a session that is not one of its day.
    """
    classes = tables.classes
    title = conn.execute(
        sa.select(classes.c.title).where(classes.c.school == school, classes.c.id == class_id)
    ).scalar()
    if title is None:
        raise NotFound(f"school {school!r} has no class {class_id!r}")
    of_day = day_sessions(conn, school, class_id, day)
    found = [one for one in of_day if (one.id == session_id if session_id else one.kind == "arrival")]
    if session_id and not found:
        raise NotFound(f"class {class_id!r} has no session {session_id!r} on {day}")
    session = found[0] if found else None
    members = _members(conn, school, class_id, session)
    lines = [_line(row) for row in conn.execute(_roll_query(school, members, session.id if session else ""))]
    lines.sort(key=lambda line: (URGENCY[line.status], line.name, line.student))
    return RollView(school=school, class_id=class_id, title=title, day=day, session=session, lines=tuple(lines))


def day_sessions(conn: sa.Connection, school: str, class_id: str, day: date) -> list[SessionInfo]:
    """Every session of a class on ``day``, in the order in which they open."""
    sessions = register_tables.sessions
    columns = [sessions.c[name] for name in SessionInfo.__struct_fields__]
    here = (sessions.c.school == school, sessions.c.day == day, sessions.c.class_id == class_id)
    rows = conn.execute(sa.select(*columns).where(*here).order_by(sessions.c.opens_at, sessions.c.period))
    return [SessionInfo(**row._mapping) for row in rows]


def _members(conn: sa.Connection, school: str, class_id: str, session: SessionInfo | None) -> sa.ColumnElement[bool]:
    """Who belongs on the roll now: the home class at arrival, else whom the session is for."""
    students = tables.students
    if session is None or session.kind == "arrival":
        return sa.and_(students.c.school == school, students.c.class_id == class_id, students.c.active)
    return students.c.id.in_(members_of(conn, session.id))


def _roll_query(school: str, members: sa.ColumnElement[bool], session: str) -> sa.Select[tuple[object, ...]]:
    """The students who are on the roll, and who had a mark in the session before leaving the class."""
    students, roll_, marks = tables.students, register_tables.roll, register_tables.marks
    site = register_tables.site_states
    on_roll = sa.and_(roll_.c.session == session, roll_.c.student == students.c.id)
    marked = sa.and_(
        marks.c.session == roll_.c.session, marks.c.student == roll_.c.student, marks.c.number == roll_.c.number
    )
    where_now = sa.and_(site.c.school == students.c.school, site.c.student == students.c.id)
    had_mark = students.c.id.in_(sa.select(roll_.c.student).where(roll_.c.session == session))
    columns = [marks.c[name] for name in ("status", "why", "evidence", "by", "reason", "at", "number")]
    return (
        sa.select(students.c.id, students.c.name, roll_.c.held, site.c.state, site.c.at.label("seen_at"), *columns)
        .select_from(students)
        .outerjoin(roll_, on_roll)
        .outerjoin(marks, marked)
        .outerjoin(site, where_now)
        .where(students.c.school == school, sa.or_(members, had_mark))
    )


def _line(row: sa.Row[tuple[object, ...]]) -> RollLine:
    cells = row._mapping
    return RollLine(
        student=cells["id"],
        name=cells["name"],
        status=cells["status"],
        why=cells["why"] or "open",
        evidence=cells["evidence"] or {},
        by=cells["by"] or "",
        reason=cells["reason"] or "",
        at=cells["at"],
        held=bool(cells["held"]),
        history=cells["number"] or 0,
        site=cells["state"] or "unknown",
        seen_at=cells["seen_at"],
    )


def mark_history(conn: sa.Connection, session: str, student: str) -> list[MarkEntry]:
    """Every mark a student was given in a session, the first first."""
    marks = register_tables.marks
    columns = [marks.c[name] for name in MarkEntry.__struct_fields__]
    here = (marks.c.session == session, marks.c.student == student)
    return [
        MarkEntry(**row._mapping) for row in conn.execute(sa.select(*columns).where(*here).order_by(marks.c.number))
    ]


def session_class(conn: sa.Connection, session: str) -> tuple[str, str]:
    """The school and class whose roll a session takes. Raises `NotFound`."""
    sessions = register_tables.sessions
    row = conn.execute(sa.select(sessions.c.school, sessions.c.class_id).where(sessions.c.id == session)).first()
    if row is None:
        raise NotFound(f"there is no session {session!r}")
    return row.school, row.class_id


def classes(conn: sa.Connection, school: str) -> list[ClassInfo]:
    """The classes whose roll is taken: the home classes, or all where a school has none."""
    table = tables.classes
    query = sa.select(table).where(table.c.school == school, table.c.active)
    rows = sorted(conn.execute(query), key=lambda row: _in_order(row.id))
    homes = [row for row in rows if row.kind == "homeroom"] or rows
    return [ClassInfo(id=row.id, title=row.title, grade=row.grade, room=row.room) for row in homes]


def classes_of_teacher(conn: sa.Connection, school: str, teacher: str) -> list[ClassInfo]:
    """The classes of a teacher: those led (``home``) first, then those taught by enrolment or timetable."""
    table, places, lessons = tables.classes, tables.enrolments, tables.timetable
    led = sa.select(places.c.class_id, places.c.is_primary).where(
        places.c.school == school, places.c.person == teacher, places.c.role == "teacher"
    )
    enrolled = {row.class_id: bool(row.is_primary) for row in conn.execute(led)}
    taught = sa.select(lessons.c.class_id).distinct().where(lessons.c.school == school, lessons.c.teacher == teacher)
    ids = {*enrolled, *conn.execute(taught).scalars()}
    query = sa.select(table).where(table.c.school == school, table.c.active, table.c.id.in_(ids))
    found = [
        ClassInfo(id=row.id, title=row.title, grade=row.grade, room=row.room, home=enrolled.get(row.id, False))
        for row in conn.execute(query)
    ]
    return sorted(found, key=lambda one: (not one.home, _in_order(one.id)))


def _in_order(id_: str) -> list[tuple[str, int]]:
    """Ids as people order them: class 9 before class 10."""
    return [(text, int(number or 0)) for text, number in re.findall(r"(\D*)(\d*)", id_)]


def student(conn: sa.Connection, school: str, student_id: str) -> StudentInfo:
    """A student with the home class and where last seen. Raises `NotFound`."""
    students, classes_, site = tables.students, tables.classes, register_tables.site_states
    in_class = sa.and_(classes_.c.school == students.c.school, classes_.c.id == students.c.class_id)
    where_now = sa.and_(site.c.school == students.c.school, site.c.student == students.c.id)
    query = (
        sa.select(
            *(students.c[name] for name in ("id", "name", "grade", "class_id", "active")),
            classes_.c.title.label("class_title"),
            sa.func.coalesce(site.c.state, "unknown").label("site"),
            sa.func.coalesce(site.c.why, "").label("site_why"),
            site.c.at.label("seen_at"),
            site.c.place,
        )
        .select_from(students)
        .outerjoin(classes_, in_class)
        .outerjoin(site, where_now)
        .where(students.c.school == school, students.c.id == student_id)
    )
    row = conn.execute(query).first()
    if row is None:
        raise NotFound(f"school {school!r} has no student {student_id!r}")
    return StudentInfo(**row._mapping)
