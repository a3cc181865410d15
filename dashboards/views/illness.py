"""What the school doctor sees: open follow-ups with who is ill, and how many are ill of what today."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from attendance import queries
from attendance.calendar.schoolday import local_day
from attendance.leave.follow_ups import Kept, Note, kept_of
from attendance.leave.illness import Case, cases_on
from attendance.tables import students
from campus import changes
from dashboards.views.people import account_names

SHOWN_FOR = timedelta(days=30)


class Patient(msgspec.Struct, frozen=True, kw_only=True):
    """A student a follow-up names."""

    id: str
    name: str


class FollowUpCard(msgspec.Struct, frozen=True, kw_only=True):
    """A follow-up: why it was opened, whom it names, and what was done; people by their names."""

    id: str
    class_id: str
    class_title: str
    why: str
    symptom: str
    patients: tuple[Patient, ...]
    opened_at: datetime
    closed_at: datetime | None
    notes: tuple[Note, ...]


class IllToday(msgspec.Struct, frozen=True, kw_only=True):
    """How many of a class are ill alike today."""

    class_id: str
    class_title: str
    symptom: str
    cases: int


class Illness(msgspec.Struct, frozen=True, kw_only=True):
    """The doctor's page: follow-ups, the open ones first, and today's cases, the most first.

    ``seen`` is the newest change it holds.
    """

    seen: int
    now: datetime
    cards: tuple[FollowUpCard, ...]
    today: tuple[IllToday, ...]


def illness_of(conn: sa.Connection, school: str, now: datetime, zone: ZoneInfo) -> Illness:
    """The follow-ups and cases of a school."""
    seen = changes.last_id(conn)
    titles = {one.id: one.title for one in queries.classes(conn, school)}
    ill = Counter((case.class_id, case.symptom) for case in _ill_now(conn, school, now, zone))
    cards = tuple(card_of(conn, one) for one in kept_of(conn, school, now - SHOWN_FOR))
    today = tuple(
        IllToday(class_id=class_id, class_title=titles.get(class_id, class_id), symptom=symptom, cases=cases)
        for (class_id, symptom), cases in ill.most_common()
    )
    return Illness(seen=seen, now=now, cards=cards, today=today)


def _ill_now(conn: sa.Connection, school: str, now: datetime, zone: ZoneInfo) -> list[Case]:
    day = local_day(now, zone)
    return [case for case in cases_on(conn, school, day, zone) if case.first <= day <= case.last]


def card_of(conn: sa.Connection, kept: Kept) -> FollowUpCard:
    """One follow-up with names in place of ids."""
    names = account_names(conn, kept.school)
    query = sa.select(students.c.id, students.c.name).where(
        students.c.school == kept.school, students.c.id.in_(kept.students)
    )
    titles = {one.id: one.title for one in queries.classes(conn, kept.school)}
    return FollowUpCard(
        id=kept.id,
        class_id=kept.class_id,
        class_title=titles.get(kept.class_id, kept.class_id),
        why=kept.why,
        symptom=kept.symptom,
        patients=tuple(Patient(id=row.id, name=row.name) for row in conn.execute(query.order_by(students.c.name))),
        opened_at=kept.opened_at,
        closed_at=kept.closed_at,
        notes=tuple(msgspec.structs.replace(one, by=names.get(one.by, one.by)) for one in kept.notes),
    )
