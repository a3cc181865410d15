"""The school doctor's book: follow-ups opened by the illness watch, kept until the doctor closes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from attendance.calendar.schoolday import local_day
from attendance.leave.follow_up_tables import illness_follow_ups
from attendance.leave.illness import FollowUp, cases_on, follow_ups
from campus import changes
from campus.clock import to_ms
from campus.errors import Conflict, NotFound
from campus.ids import new_id

# What was closed so lately is not opened again for the same students.
SETTLED_FOR = timedelta(days=7)
_LONGEST_WORDS = 500


class Note(msgspec.Struct, frozen=True):
    """What was done: when (epoch milliseconds), by whose account, in that person's words."""

    at: int
    by: str
    words: str


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A follow-up as kept; ``closed_at`` is None while it is open."""

    id: str
    school: str
    class_id: str
    why: str
    symptom: str
    students: tuple[str, ...]
    opened_at: datetime
    closed_at: datetime | None
    notes: tuple[Note, ...]


class News(msgspec.Struct, frozen=True):
    """What the watch adds to the book: follow-ups to open, and students who join one that is open."""

    new: tuple[FollowUp, ...]
    joined: tuple[tuple[Kept, tuple[str, ...]], ...]  # the follow-up as it was, and all its students now


def news(found: Iterable[FollowUp], kept: Sequence[Kept], now: datetime) -> News:
    """What ``found`` adds to ``kept``: one outbreak is one follow-up, and a settled one stays settled. Pure.

    Similar cases join the open follow-up of their class and symptom; what was closed within `SETTLED_FOR` opens again
    only for a student it did not name.
    """
    new, joined = [], []
    for one in found:
        alike = [old for old in kept if _same(one, old)]
        going = next((old for old in alike if old.closed_at is None), None)
        named = {
            who for old in alike if old.closed_at is None or now - old.closed_at < SETTLED_FOR for who in old.students
        }
        if set(one.students) <= named:
            continue
        if going is None:
            new.append(one)
        else:
            joined.append((going, tuple(sorted({*going.students, *one.students}))))
    return News(tuple(new), tuple(joined))


def _same(one: FollowUp, old: Kept) -> bool:
    alike = (one.class_id, one.why, one.symptom) == (old.class_id, old.why, old.symptom)
    return alike and (one.why == "similar_cases" or set(one.students) == set(old.students))


def watch(conn: sa.Connection, school: str, now: datetime, zone: ZoneInfo) -> int:
    """Let the illness watch look at today: open what is new, add who joined. Returns how many were opened."""
    day = local_day(now, zone)
    found = follow_ups(cases_on(conn, school, day, zone), day)
    if not found:
        return 0
    told = news(found, kept_of(conn, school, since=now - SETTLED_FOR), now)
    for old, students in told.joined:
        here = illness_follow_ups.c.id == old.id
        conn.execute(illness_follow_ups.update().where(here).values(students=list(students)))
    for one in told.new:
        row = {**msgspec.structs.asdict(one), "students": list(one.students), "id": new_id(), "school": school}
        conn.execute(illness_follow_ups.insert(), {**row, "opened_at": now, "notes": []})
    touched = {one.class_id for one in told.new} | {old.class_id for old, _ in told.joined}
    changes.append_all(conn, now, school, "illness", [(class_id, class_id) for class_id in sorted(touched)])
    return len(told.new)


def kept_of(conn: sa.Connection, school: str, since: datetime) -> list[Kept]:
    """The follow-ups that are open or were closed after ``since``: the open ones first, the newest of each first."""
    table = illness_follow_ups
    recent = sa.or_(table.c.closed_at.is_(None), table.c.closed_at > since)
    rows = conn.execute(sa.select(table).where(table.c.school == school, recent).order_by(table.c.opened_at.desc()))
    return sorted((_kept(row) for row in rows), key=lambda one: one.closed_at is not None)


def note(conn: sa.Connection, school: str, id_: str, words: str, by: str, now: datetime, *, close: bool) -> Kept:
    """Write down what was done, and ``close`` the follow-up if it is settled. Raises `NotFound` and `Conflict`."""
    said = words.strip()
    if not said or len(said) > _LONGEST_WORDS:
        raise Conflict(f"a note needs 1 to {_LONGEST_WORDS} characters that say what was done")
    here = (illness_follow_ups.c.id == id_, illness_follow_ups.c.school == school)
    row = conn.execute(sa.select(illness_follow_ups).where(*here)).first()
    if row is None:
        raise NotFound(f"there is no follow-up {id_!r}")
    if row.closed_at is not None:
        raise Conflict("this follow-up is closed already")
    notes = [*row.notes, {"at": to_ms(now), "by": by, "words": said}]
    conn.execute(illness_follow_ups.update().where(*here).values(notes=notes, closed_at=now if close else None))
    changes.append(conn, now, school, "illness", row.class_id, row.class_id)
    return _kept(conn.execute(sa.select(illness_follow_ups).where(*here)).one())


def _kept(row: sa.Row[tuple[object, ...]]) -> Kept:
    return msgspec.convert({name: row._mapping[name] for name in Kept.__struct_fields__}, Kept)
