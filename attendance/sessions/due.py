"""When sessions are looked at: planned for a day, due at their next moment, and asked for again by late evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from attendance.calendar.daybook import school_day
from attendance.policy import Window
from attendance.register.tables import roll, sessions
from attendance.sessions.home_classes import follow_enrolments
from attendance.sessions.planning import Wanted, wanted
from attendance.sessions.rules import SessionKind
from attendance.tables import enrolments, schools, students
from campus import db
from campus.keylists import ask, asked, matching

# At most this many sessions are decided in one transaction, so that a city's closing bell does not hold up messages.
AT_ONCE = 400
# At most this many schools are planned in one transaction: a city's day turns at midnight, and nobody waits for it.
PLANNED_AT_ONCE = 40
_A_DAY = timedelta(days=1)
_OWN = ("id", "school", "class_id", "day", "kind", "room")


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One roll to be taken: a class in a period of a day; ``room`` is the place of a lesson, by the timetable."""

    id: str
    school: str
    class_id: str
    day: date
    kind: SessionKind
    window: Window
    room: str | None = None


def session_id(school: str, class_id: str, day: date, period: str) -> str:
    """The id of a session: the same for the same roll, and in order of days."""
    digest = hashlib.blake2b("\0".join((school, class_id, period)).encode(), digest_size=10)
    return f"{day:%Y%m%d}-{digest.hexdigest()}"


def plan_again(conn: sa.Connection, school: str) -> None:
    """Let the current day be planned anew: bells, calendar or classes changed."""
    conn.execute(schools.update().where(schools.c.id == school).values(planned_day=None))


def look_again(conn: sa.Connection, school: str, start: datetime, end: datetime) -> None:
    """Make the sessions whose evidence reaches into ``start`` to ``end`` due at once, those that have opened at least.

    The others are decided when they open anyway.
    """
    later = sa.or_(sessions.c.due_at.is_(None), sessions.c.due_at > sessions.c.opens_at)
    touched = _touched(school, start, end)
    conn.execute(sessions.update().where(*touched, later).values(due_at=sessions.c.opens_at))


def look_again_at(conn: sa.Connection, school: str, start: datetime, end: datetime, at: datetime) -> None:
    """Make the closed sessions whose evidence reaches into ``start`` to ``end`` due at ``at``, not earlier.

    For evidence that comes in many pieces: the sessions wait until the last piece moved ``at`` for the last time.
    """
    closed = sessions.c.state == "closed"
    conn.execute(sessions.update().where(*_touched(school, start, end), closed).values(due_at=at))


def look_at_day(conn: sa.Connection, session: Session, now: datetime) -> None:
    """Make the later sessions of the class on that day due: a person's word at arrival speaks for them, too."""
    here = (sessions.c.school == session.school, sessions.c.day == session.day, sessions.c.kind != "arrival")
    begun = (sessions.c.class_id == session.class_id, sessions.c.opens_at <= now)
    conn.execute(sessions.update().where(*here, *begun).values(due_at=now))


def _touched(school: str, start: datetime, end: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    near = sessions.c.day.between(start.date() - _A_DAY, end.date() + _A_DAY)  # what the index can find
    return sessions.c.school == school, near, sessions.c.opens_at <= end, sessions.c.until_at >= start


def unplanned(conn: sa.Connection, today: date) -> list[str]:
    """The schools whose ``today`` is not planned yet, as many as one transaction should plan."""
    stale = sa.or_(schools.c.planned_day.is_(None), schools.c.planned_day < today)
    return list(
        conn.execute(sa.select(schools.c.id).where(stale).order_by(schools.c.id).limit(PLANNED_AT_ONCE)).scalars()
    )


def plan(conn: sa.Connection, school: str, today: date, now: datetime, zone: ZoneInfo) -> bool:
    """Plan the sessions of ``today``; False when another process did so meanwhile.

    Planning again is harmless: a session keeps its id, what has begun keeps its window, and a session that is no longer
    wanted goes only while nothing is on its roll.
    """
    stale = sa.or_(schools.c.planned_day.is_(None), schools.c.planned_day < today)
    claim = schools.update().where(schools.c.id == school, stale).values(planned_day=today)
    if conn.execute(claim).rowcount == 0:
        return False
    follow_enrolments(conn, school, today)
    shape = school_day(conn, school, today)
    rows = [_row(one) for one in wanted(conn, school, shape, now, zone)] if shape else []
    _withdraw(conn, school, today, [str(row["id"]) for row in rows])
    db.upsert(sessions, conn, rows, ["id"], [])
    _move(conn, rows)
    _look_at_lessons(conn, school, today, now)
    return True


def _row(one: Wanted) -> dict[str, object]:
    moments = {name: getattr(one.window, name) for name in one.window.__struct_fields__}
    return {
        "id": session_id(one.school, one.class_id, one.day, one.period),
        "school": one.school,
        "class_id": one.class_id,
        "day": one.day,
        "period": one.period,
        "kind": one.kind,
        "room": one.room,
        "state": "planned",
        "due_at": one.window.opens_at,
        **moments,
    }


def _look_at_lessons(conn: sa.Connection, school: str, day: date, now: datetime) -> None:
    """Let the lessons that have begun be decided anew: who sits in which group may be what changed."""
    taught = (sessions.c.school == school, sessions.c.day == day, sessions.c.kind.in_(("lesson", "lab")))
    conn.execute(sessions.update().where(*taught, sessions.c.opens_at <= now).values(due_at=now))


def _withdraw(conn: sa.Connection, school: str, day: date, keep: list[str]) -> None:
    marked = sa.select(roll.c.session).where(roll.c.session == sessions.c.id).exists()
    gone = (sessions.c.school == school, sessions.c.day == day, sessions.c.id.not_in(keep))
    conn.execute(sessions.delete().where(*gone, sessions.c.state != "closed", ~marked))


def _move(conn: sa.Connection, planned: list[dict[str, object]]) -> None:
    """Give sessions that have not begun the moments of the newest bells."""
    names = ("opens_at", "late_at", "closes_at", "until_at", "due_at")
    moved = sessions.update().where(sessions.c.id == sa.bindparam("session"), sessions.c.state == "planned")
    rows = [{"session": row["id"], **{name: row[name] for name in names}} for row in planned]
    if rows:
        conn.execute(moved.values({name: sa.bindparam(name) for name in names}), rows)


def claim_due(conn: sa.Connection, now: datetime) -> tuple[list[Session], list[Session]]:
    """The sessions that became due by ``now``, moved on to their next moment; each is handed to one caller only.

    First those to decide anew; then those that only close, where time alone changed: who has a status keeps it.
    """
    due = sa.select(sessions.c.id, sessions.c.state, sessions.c.due_at, sessions.c.closes_at).where(
        sessions.c.due_at <= now
    )
    # PostgreSQL's other processes leave these to us; SQLite has one writer anyway.
    found = conn.execute(due.order_by(sessions.c.due_at).limit(AT_ONCE).with_for_update(skip_locked=True)).all()
    closing = {row.id for row in found if row.state == "open" and row.due_at == row.closes_at}
    next_at = sa.case(
        (sessions.c.opens_at > now, sessions.c.opens_at), (sessions.c.closes_at > now, sessions.c.closes_at)
    )
    state = sa.case((sessions.c.opens_at > now, "planned"), (sessions.c.closes_at > now, "open"), else_="closed")
    claim = (
        sessions.update()
        .where(sessions.c.id.in_([row.id for row in found]), sessions.c.due_at <= now)
        .values(due_at=next_at, state=state)
        .returning(*sessions.c)
    )
    claimed = [session_of(row) for row in conn.execute(claim)] if found else []
    return [one for one in claimed if one.id not in closing], [one for one in claimed if one.id in closing]


def session_of(row: sa.Row[tuple[object, ...]]) -> Session:
    """The session in a row of its table."""
    cells = row._mapping
    window = Window(**{name: cells[name] for name in Window.__struct_fields__})
    return Session(window=window, **{name: cells[name] for name in _OWN})


def sessions_of(conn: sa.Connection, day: date, of: Collection[tuple[str, str]], now: datetime) -> list[Session]:
    """The sessions of ``day`` whose roll students, as (school, student), are on: arrival, and what has begun."""
    return [session_of(row) for row in ask(conn, _theirs, of, day=day, now=now)]


@cache
def _theirs(dialect: str) -> sa.Select[tuple[Any, ...]]:
    keys = asked(dialect, students.c.school, students.c.id)
    same = matching(keys, students.c.school, students.c.id)
    home = sa.select(students.c.school, students.c.class_id).join_from(keys, students, same)
    person = sa.and_(enrolments.c.school == keys.c.school, enrolments.c.person == keys.c.id)
    taught = sa.select(enrolments.c.school, enrolments.c.class_id).join_from(keys, enrolments, person)
    either = sa.union(home, taught.where(enrolments.c.role == "student")).subquery()
    theirs = matching(either, sessions.c.school, sessions.c.class_id)
    begun = sa.or_(sessions.c.kind == "arrival", sessions.c.opens_at <= sa.bindparam("now"))
    return sa.select(sessions).join_from(either, sessions, theirs).where(sessions.c.day == sa.bindparam("day"), begun)
