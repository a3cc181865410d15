"""What a person says of a mark: appended beside the machine's word, held against it, and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from attendance.policy import MACHINE, STATUSES, Mark, Standing, Status
from attendance.register.marks import append, lock, standing_of, standings
from attendance.register.register import entry_of
from attendance.register.tables import marks, sessions
from attendance.sessions.due import Session, look_at_day, session_of
from attendance.sessions.pupils import pupils_of
from attendance.site import site
from attendance.site.site import SiteState
from campus.clock import to_ms
from campus.errors import Conflict, NotFound, Overtaken

_LONGEST_REASON = 500
# So long after its evidence ended a session can be corrected by its teachers, unless the school says otherwise;
# afterwards only by the office.
OPEN_FOR = timedelta(days=14)
SAID_LATER = timedelta(minutes=1)  # a word that took longer than this to arrive says when it was said


def correct(
    conn: sa.Connection,
    session_id: str,
    student: str,
    status: Status,
    reason: str,
    by: str,
    now: datetime,
    *,
    office: bool = False,
    open_for: timedelta = OPEN_FOR,
    said_at: datetime | None = None,
) -> Mark:
    """Append ``status`` as a person's word, with the reason in that person's words; no machine overwrites it.

    ``by`` is the account's id. ``said_at``: when it was said, where the way to us took a while; the same word arriving
    twice is one mark, and what another person said meanwhile stands (`Overtaken`).

    Raises `NotFound` for a session or student that is not there, `Conflict` for an unknown status, an empty or overlong
    reason, or a session that is locked: ``open_for`` after its end, unless the ``office`` speaks, which the mark's
    evidence then says.
    """
    words = reason.strip()
    if status not in STATUSES:
        raise Conflict(f"{status!r} is no status; use one of {', '.join(STATUSES)}")
    if not words or len(words) > _LONGEST_REASON:
        raise Conflict(f"a correction needs a reason of 1 to {_LONGEST_REASON} characters")
    if not by or by == MACHINE:
        raise Conflict("a correction needs the account of the person who makes it")
    session, standing = _find(conn, session_id, student)
    evidence = _lock_of(session, now, office, open_for)
    mark = Mark(status=status, why="corrected", evidence=evidence, by=by, reason=words)
    if said_at is not None:
        if standing is not None and standing.held and _same_word(standing.mark, mark):
            return standing.mark
        if other := _spoke_since(conn, session_id, student, by, said_at):
            raise Overtaken(
                f"{other} has spoken of this student since {said_at:%H:%M:%S} UTC; see what the roll says now"
            )
        if now - said_at >= SAID_LATER:
            mark = msgspec.structs.replace(mark, evidence={**evidence, "said_at": to_ms(said_at)})
    append(conn, [entry_of(session, student, standing, mark, held=True)], now)
    _vouch(conn, session, student, "in" if status in ("present", "late") else "out", "corrected", now)
    return mark


def correct_many(
    conn: sa.Connection,
    session_id: str,
    students: Sequence[str],
    status: Status,
    reason: str,
    by: str,
    now: datetime,
    *,
    office: bool = False,
    open_for: timedelta = OPEN_FOR,
) -> list[Mark]:
    """Correct several students of one session alike, all or none; each gets a mark of its own. Raises as `correct`."""
    own = list(dict.fromkeys(students))
    return [
        correct(conn, session_id, student, status, reason, by, now, office=office, open_for=open_for) for student in own
    ]


def undo_many(
    conn: sa.Connection,
    session_id: str,
    students: Sequence[str],
    by: str,
    now: datetime,
    *,
    office: bool = False,
    open_for: timedelta = OPEN_FOR,
) -> list[Mark]:
    """Take back several corrections of one session, all or none. Raises as `undo`."""
    own = dict.fromkeys(students)
    return [undo(conn, session_id, student, by, now, office=office, open_for=open_for) for student in own]


def undo(
    conn: sa.Connection,
    session_id: str,
    student: str,
    by: str,
    now: datetime,
    reason: str = "",
    *,
    office: bool = False,
    open_for: timedelta = OPEN_FOR,
) -> Mark:
    """Take the person's word back: the machine's last mark stands again and is decided anew within a second.

    The mark says ``by`` whom, and with what ``reason``, it was put back.

    Raises `NotFound` as `correct` does, and `Conflict` when the current mark is no correction or the session is locked.
    """
    session, standing = _find(conn, session_id, student)
    if standing is None or not standing.held:
        raise Conflict("the current mark is no correction; there is nothing to undo")
    _lock_of(session, now, office, open_for)
    before = _last_of_machine(conn, session_id, student)
    stands = before or Mark(status=None, why="open")
    mark = msgspec.structs.replace(stands, by=by, reason=reason.strip()[:_LONGEST_REASON])
    append(conn, [entry_of(session, student, standing, mark)], now)
    conn.execute(sessions.update().where(sessions.c.id == session_id).values(due_at=now))
    _vouch(conn, session, student, "unknown", "undone", now)
    return mark


def locked_at(conn: sa.Connection, session_id: str, open_for: timedelta = OPEN_FOR) -> datetime:
    """When a session is locked to its teachers. Raises `NotFound`."""
    until: datetime | None = conn.execute(sa.select(sessions.c.until_at).where(sessions.c.id == session_id)).scalar()
    if until is None:
        raise NotFound(f"there is no session {session_id!r}")
    return until + open_for


def _lock_of(session: Session, now: datetime, office: bool, open_for: timedelta) -> dict[str, str | int | None]:
    """Nothing for an open session; for a locked one, the evidence that the office spoke all the same."""
    since = session.window.until_at + open_for
    if now < since:
        return {}
    if not office:
        raise Conflict(f"the roll of {session.day} is locked since {since:%Y-%m-%d}; ask the office to correct it")
    return {"locked_at": to_ms(since)}


def _find(conn: sa.Connection, session_id: str, student: str) -> tuple[Session, Standing | None]:
    row = conn.execute(sa.select(sessions).where(sessions.c.id == session_id)).first()
    if row is None:
        raise NotFound(f"there is no session {session_id!r}")
    session = session_of(row)
    lock(conn, [session_id])
    standing = standings(conn, [(session_id, student)]).get((session_id, student))
    if standing is None and not _on_roll(conn, session, student):
        raise NotFound(f"student {student!r} is not on the roll of session {session_id!r}")
    return session, standing


def _on_roll(conn: sa.Connection, session: Session, student: str) -> bool:
    return student in pupils_of(conn, [session], [(session.school, student)])[session.id]


def _same_word(one: Mark, other: Mark) -> bool:
    return (one.status, one.by, one.reason) == (other.status, other.by, other.reason)


def _spoke_since(conn: sa.Connection, session_id: str, student: str, by: str, since: datetime) -> str | None:
    """The account, other than ``by``, that has spoken of this student after ``since``."""
    spoken = (marks.c.session == session_id, marks.c.student == student, marks.c.by.not_in((MACHINE, by)))
    query = sa.select(marks.c.by).where(*spoken, marks.c.at > since).order_by(marks.c.number.desc()).limit(1)
    found: str | None = conn.execute(query).scalar()
    return found


def _last_of_machine(conn: sa.Connection, session_id: str, student: str) -> Mark | None:
    query = (
        sa.select(marks, sa.literal(value=False).label("held"))
        .where(marks.c.session == session_id, marks.c.student == student, marks.c.by == MACHINE)
        .order_by(marks.c.number.desc())
        .limit(1)
    )
    row = conn.execute(query).first()
    return standing_of(row).mark if row else None


def _vouch(conn: sa.Connection, session: Session, student: str, state: site.State, why: str, now: datetime) -> None:
    """What a word at arrival means beyond its roll: where the student is, and the sessions that follow.

    Of another session only a presence says where the student is: who is not in class may be elsewhere on site.
    """
    if session.kind == "arrival":
        look_at_day(conn, session, now)
    if session.kind == "arrival" or state == "in":
        _move(conn, session, student, state, why, now)


def _move(conn: sa.Connection, session: Session, student: str, state: site.State, why: str, now: datetime) -> None:
    """A person's word moves a student of today's roll whom no gate has seen; a pass is better knowledge."""
    old = site.state_of(conn, session.school, student)
    if not session.window.opens_at <= now <= session.window.until_at or (old and old.why == "pass"):
        return
    moved = SiteState(
        school=session.school,
        student=student,
        class_id=session.class_id,
        state=state,
        why=why,
        at=old.at if old else None,
        place=old.place if old else None,
    )
    site.set_state(conn, moved, now)
