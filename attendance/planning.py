"""Which sessions a school day has: every kind the school takes, by its bells, timetable and dormitories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from attendance.policy import Window
from attendance.schoolday import Bell, SchoolDay
from attendance.sessionrules import SessionKind, SessionRule, rules_of, window_of
from attendance.tables import boarders, classes, readers, session_rules, students, timetable


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
    lessons = _lessons(conn, school, shape.weekday) if rules["lesson"].taken or rules["lab"].taken else {}
    found = []
    for bell in shape.bells:
        for class_id, kind, room in _takers(bell, homes, asleep, lessons):
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
    bell: Bell, homes: Sequence[str], asleep: set[str], lessons: Mapping[str, Sequence[_Lesson]]
) -> Iterator[_Lesson]:
    """The classes whose roll is taken at a bell, as what, and where."""
    if bell.kind == "lesson":
        yield from lessons.get(bell.period, ())
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


def _lessons(conn: sa.Connection, school: str, weekday: int) -> dict[str, list[_Lesson]]:
    """The lessons of a weekday by period; a lesson in a room with lab seats is a lab session."""
    labs = sa.select(readers.c.place).where(readers.c.school == school, readers.c.scope == "seat")
    in_labs = set(conn.execute(labs).scalars())
    same = sa.and_(classes.c.school == timetable.c.school, classes.c.id == timetable.c.class_id)
    query = (
        sa.select(timetable.c.class_id, timetable.c.period, timetable.c.room)
        .join_from(timetable, classes, same)
        .where(timetable.c.school == school, timetable.c.weekday == weekday, classes.c.active)
        .order_by(timetable.c.class_id)
    )
    found: dict[str, list[_Lesson]] = {}
    for class_id, period, room in conn.execute(query):
        found.setdefault(period, []).append((class_id, "lab" if room in in_labs else "lesson", room))
    return found
