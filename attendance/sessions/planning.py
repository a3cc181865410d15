"""Which sessions a school day has: every kind the school takes, by its bells, timetable and dormitories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from attendance.calendar.lessons import lessons
from attendance.calendar.schoolday import Bell, SchoolDay
from attendance.policy import Window
from attendance.sessions.rules import SessionKind, SessionRule, rules_of, window_of
from attendance.tables import boarders, classes, readers, session_rules, students


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A session that the day should have."""

    school: str
    class_id: str
    day: date
    period: str
    kind: SessionKind
    room: str | None
    window: Window


def rules_in_force(conn: sa.Connection, school: str) -> dict[str, SessionRule]:
    """The rule of every kind of session at ``school``."""
    columns = [session_rules.c[name] for name in SessionRule.__struct_fields__]
    rows = conn.execute(sa.select(*columns).where(session_rules.c.school == school))
    return rules_of(SessionRule(**row._mapping) for row in rows)


def wanted(conn: sa.Connection, school: str, shape: SchoolDay, now: datetime, zone: ZoneInfo) -> list[Wanted]:
    """The sessions of the day ``shape``, watched from ``now``."""
    rules = rules_in_force(conn, school)
    homes = _homes(conn, school)
    asleep = _with_boarders(conn, school) if rules["night"].taken else set()
    taught = _lessons(conn, school, shape) if rules["lesson"].taken or rules["lab"].taken else {}
    found = []
    for bell in shape.bells:
        for class_id, kind, room in _takers(bell, homes, asleep, taught):
            rule = rules[kind]
            if rule.taken:
                window = window_of(shape, bell, rule, now, zone)
                found.append(
                    Wanted(
                        school=school,
                        class_id=class_id,
                        day=shape.day,
                        period=bell.period,
                        kind=kind,
                        room=room,
                        window=window,
                    )
                )
    return found


_Lesson = tuple[str, SessionKind, str | None]


def _takers(
    bell: Bell, homes: Sequence[str], asleep: set[str], taught: Mapping[str, Sequence[_Lesson]]
) -> Iterator[_Lesson]:
    """The classes whose roll is taken at a bell, as what, and where."""
    if bell.kind == "lesson":
        yield from taught.get(bell.period, ())
    elif bell.kind in ("arrival", "exercise", "lunch", "dismissal", "night"):
        kind: SessionKind = bell.kind  # type: ignore[assignment]  # one of the literals, checked above
        yield from ((one, kind, None) for one in homes if kind != "night" or one in asleep)


def _homes(conn: sa.Connection, school: str) -> list[str]:
    query = sa.select(classes.c.id, classes.c.kind).where(classes.c.school == school, classes.c.active)
    found = conn.execute(query.order_by(classes.c.id)).all()
    return [row.id for row in found if row.kind == "homeroom"] or [row.id for row in found]


def _with_boarders(conn: sa.Connection, school: str) -> set[str]:
    same = sa.and_(students.c.school == boarders.c.school, students.c.id == boarders.c.student)
    query = sa.select(students.c.class_id).distinct().join_from(boarders, students, same)
    return set(conn.execute(query.where(boarders.c.school == school, students.c.active)).scalars())


def _lessons(conn: sa.Connection, school: str, shape: SchoolDay) -> dict[str, list[_Lesson]]:
    """The lessons of the day by period; a lesson in a room with lab seats is a lab session."""
    labs = sa.select(readers.c.place).where(readers.c.school == school, readers.c.scope == "seat")
    in_labs = set(conn.execute(labs).scalars())
    found: dict[str, list[_Lesson]] = {}
    for one in lessons(conn, school, shape):
        kind: SessionKind = "lab" if one.room in in_labs else "lesson"
        found.setdefault(one.period, []).append((one.class_id, kind, one.room))
    return found
