"""Requests for leave: asked, decided, repeated, taken back; only what was approved excuses anybody."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from attendance.guardians.looks import Look, note
from attendance.leave.leave import grant
from attendance.policy import LeaveSpan
from attendance.sessions.due import look_again
from attendance.tables import leave_requests, leaves, students
from campus import changes
from campus.errors import Conflict, NotFound

State = Literal["asked", "approved", "refused", "withdrawn"]
# What an ill student suffers from, in words anybody may use: never a diagnosis.
Symptom = Literal["fever", "cough", "stomach", "rash", "injury", "other"]
SYMPTOMS: tuple[Symptom, ...] = get_args(Symptom)
_LONGEST = timedelta(days=180)
_NO_NOTE = 300
# What can follow what; everything else is refused.
_NEXT: dict[State, tuple[State, ...]] = {"asked": ("approved", "refused", "withdrawn"), "approved": ("withdrawn",)}


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """Leave as it is asked for; ``weekdays`` (1-7) repeat its times of day up to the day of ``ends``."""

    student: str
    starts: datetime
    ends: datetime
    kind: str
    note: str = ""
    symptom: Symptom | None = None
    weekdays: tuple[int, ...] = ()


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request as stored: who asked when, and who decided it with what words."""

    id: str
    school: str
    student: str
    starts: datetime
    ends: datetime
    kind: str
    note: str
    symptom: Symptom | None
    weekdays: tuple[int, ...]
    state: State
    asked_by: str
    asked_at: datetime
    decided_by: str
    decided_at: datetime | None
    words: str
    returned_at: datetime | None


def ask(conn: sa.Connection, school: str, wish: Wish, by: str, now: datetime) -> Request:
    """Store a request; the same request asked twice is one. Raises `NotFound` and `Conflict`."""
    here = (students.c.school == school, students.c.id == wish.student, students.c.active)
    if conn.execute(sa.select(students.c.id).where(*here)).first() is None:
        raise NotFound(f"school {school!r} has no student {wish.student!r}")
    _check(wish)
    if not by:
        raise Conflict("a request needs the account of the person who asks")
    key = (school, wish.student, wish.starts.isoformat(), wish.ends.isoformat(), wish.kind, by)
    id_ = hashlib.blake2b("\0".join(key).encode(), digest_size=10).hexdigest()
    if conn.execute(sa.select(leave_requests.c.id).where(leave_requests.c.id == id_)).first() is None:
        row = {**msgspec.structs.asdict(wish), "weekdays": list(wish.weekdays), "id": id_, "school": school}
        new = {"state": "asked", "asked_by": by, "asked_at": now, "decided_by": "", "words": ""}
        conn.execute(leave_requests.insert(), {**row, **new})
        _tell(conn, school, wish.student, now, ill=False)
    return request_of(conn, id_)


def _check(wish: Wish) -> None:
    if wish.ends <= wish.starts:
        raise Conflict("leave ends after it starts")
    if wish.ends - wish.starts > _LONGEST:
        raise Conflict(f"leave of more than {_LONGEST.days} days is no leave; change the roster")
    if not wish.kind or len(wish.kind) > 32 or len(wish.note) > _NO_NOTE:
        raise Conflict(f"leave needs a kind of up to 32 characters, and a note of at most {_NO_NOTE}")
    if wish.symptom is not None and wish.symptom not in SYMPTOMS:
        raise Conflict(f"{wish.symptom!r} is no symptom; use one of {', '.join(SYMPTOMS)}")
    if not all(1 <= one <= 7 for one in wish.weekdays):
        raise Conflict("weekdays are 1 (Monday) to 7 (Sunday)")


def approve(conn: sa.Connection, id_: str, by: str, now: datetime, zone: ZoneInfo, words: str = "") -> Request:
    """Approve a request: its leaves are granted and the sessions they touch are decided anew.

    Nobody approves their own request. Raises `NotFound`, and `Conflict` when it is decided already.
    """
    asked = request_of(conn, id_)
    if asked.asked_by == by:
        raise Conflict("nobody approves their own request")
    _move(conn, asked, "approved", by, now, words)
    grant(conn, asked.school, [(asked.student, span, by) for span in spans_of(asked, zone)])
    return request_of(conn, id_)


def refuse(conn: sa.Connection, id_: str, by: str, now: datetime, words: str) -> Request:
    """Refuse a request, with words for who asked. Raises `NotFound` and `Conflict`."""
    if not words.strip():
        raise Conflict("a refusal needs words for who asked")
    _move(conn, request_of(conn, id_), "refused", by, now, words)
    return request_of(conn, id_)


def withdraw(conn: sa.Connection, id_: str, by: str, now: datetime, zone: ZoneInfo, words: str = "") -> Request:
    """Take a request back. Of approved leave what has not begun goes, what runs ends now. Raises as `refuse`."""
    asked = request_of(conn, id_)
    _move(conn, asked, "withdrawn", by, now, words)
    if asked.state == "approved":
        _end(conn, asked, now, zone)
    return request_of(conn, id_)


def returned(conn: sa.Connection, id_: str, by: str, now: datetime, zone: ZoneInfo, words: str = "") -> Request:
    """Note that the student is back before approved leave is over: it ends now. Raises `NotFound` and `Conflict`."""
    asked = request_of(conn, id_)
    if asked.state != "approved" or asked.returned_at is not None:
        raise Conflict("only approved leave that runs can end with a return")
    here = leave_requests.c.id == id_
    told = f"{asked.words}\n{by}: {words}".strip() if words else asked.words
    conn.execute(leave_requests.update().where(here).values(returned_at=now, words=told[:500]))
    _tell(conn, asked.school, asked.student, now, ill=asked.symptom is not None)
    _end(conn, asked, now, zone)
    return request_of(conn, id_)


def spans_of(asked: Request, zone: ZoneInfo) -> list[LeaveSpan]:
    """The spans a request asks for: one, or its times of day on each of its weekdays."""
    if not asked.weekdays:
        return [LeaveSpan(asked.starts, asked.ends, asked.kind)]
    first, last = asked.starts.astimezone(zone), asked.ends.astimezone(zone)
    days = (day for day in _days(first.date(), last.date()) if day.isoweekday() in asked.weekdays)
    return [LeaveSpan(_at(day, first.time(), zone), _at(day, last.time(), zone), asked.kind) for day in days]


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=one) for one in range((last - first).days + 1))


def _at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)


def request_of(conn: sa.Connection, id_: str) -> Request:
    """One request. Raises `NotFound`."""
    row = conn.execute(sa.select(leave_requests).where(leave_requests.c.id == id_)).first()
    if row is None:
        raise NotFound(f"there is no request for leave {id_!r}")
    return _request(row)


def requests_of_class(conn: sa.Connection, school: str, class_id: str, state: State | None = None) -> list[Request]:
    """The requests of a class's students, the newest first; of one ``state`` if so asked."""
    same = sa.and_(students.c.school == leave_requests.c.school, students.c.id == leave_requests.c.student)
    query = sa.select(leave_requests).join_from(leave_requests, students, same)
    query = query.where(leave_requests.c.school == school, students.c.class_id == class_id)
    if state is not None:
        query = query.where(leave_requests.c.state == state)
    return [_request(row) for row in conn.execute(query.order_by(leave_requests.c.asked_at.desc()))]


def _request(row: sa.Row[tuple[object, ...]]) -> Request:
    cells = dict(row._mapping)
    return Request(**{**cells, "weekdays": tuple(cells["weekdays"])})


def _move(conn: sa.Connection, asked: Request, state: State, by: str, now: datetime, words: str) -> None:
    """Move a request on, if it still is where it was read: of two who decide at once, one wins."""
    if state not in _NEXT.get(asked.state, ()):
        raise Conflict(f"the request is {asked.state} already; it cannot be {state}")
    here = (leave_requests.c.id == asked.id, leave_requests.c.state == asked.state)
    values = {"state": state, "decided_by": by, "decided_at": now, "words": words.strip()[:500]}
    if conn.execute(leave_requests.update().where(*here).values(values)).rowcount == 0:
        raise Conflict("somebody else decided this request just now; look at it again")
    # The school's day is this one or one beside it, whatever its zone; a look at a day without news does nothing.
    days = [now.date() + timedelta(days=one) for one in (-1, 0, 1)]
    note(conn, {Look(asked.school, asked.student, day) for day in days}, now)
    _tell(conn, asked.school, asked.student, now, ill=asked.symptom is not None)


def _tell(conn: sa.Connection, school: str, student: str, now: datetime, *, ill: bool) -> None:
    """Tell the open pages that the leave of the student's class changed and, if so, who is ``ill`` in it."""
    here = (students.c.school == school, students.c.id == student)
    class_id = conn.execute(sa.select(students.c.class_id).where(*here)).scalar() or ""
    changes.append(conn, now, school, "leave", class_id, class_id)
    if ill:
        changes.append(conn, now, school, "illness", class_id, class_id)


def _end(conn: sa.Connection, asked: Request, now: datetime, zone: ZoneInfo) -> None:
    """End the leaves of a request at ``now``, and let what they touched be decided anew."""
    for span in spans_of(asked, zone):
        here = (leaves.c.school == asked.school, leaves.c.student == asked.student, leaves.c.starts == span.starts)
        if span.starts >= now:
            conn.execute(leaves.delete().where(*here))
        elif span.ends > now:
            conn.execute(leaves.update().where(*here).values(ends=now))
    look_again(conn, asked.school, asked.starts, asked.ends)
