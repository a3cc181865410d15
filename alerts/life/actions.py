"""What people do with alarms; each raises `NotFound` or `Conflict` with the reason when it cannot be done."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from alerts.life import flapping, journal, mutes
from alerts.life.lifecycle import Outcome, State
from alerts.tables import OPEN, alarms
from alerts.telling import escalation
from campus.errors import Conflict

NOTE_LIMIT = 500


def acknowledge(conn: sa.Connection, alarm_id: str, by: str, now: datetime) -> State:
    """Someone (account ``by``) has seen the alarm and deals with it: it is theirs. Return the new state."""
    return journal.take(conn, alarm_id, "acknowledge", "by_person", by, now, assigned_to=by)


def comment(conn: sa.Connection, alarm_id: str, text: str, by: str, now: datetime) -> State:
    """Write ``text`` (1 to 500 characters) into the alarm's history, also after it was closed."""
    return journal.take(conn, alarm_id, "comment", "by_person", by, now, _note(text))


def resolve(conn: sa.Connection, alarm_id: str, outcome: Outcome, by: str, now: datetime, text: str = "") -> State:
    """Close the alarm with what it turned out to be; of a closed one the outcome is set."""
    note = text.strip() and _note(text)
    return journal.take(conn, alarm_id, "resolve", "by_person", by, now, note, outcome=outcome)


def shelve(conn: sa.Connection, alarm_id: str, until: datetime, reason: str, by: str, now: datetime) -> State:
    """Set the alarm aside until ``until`` for a stated reason; nobody is told of it meanwhile, the record goes on."""
    if until <= now:
        raise Conflict("an alarm is shelved until a moment to come")
    return journal.take(conn, alarm_id, "shelve", "by_person", by, now, _note(reason), shelved_until=until)


def unshelve(conn: sa.Connection, alarm_id: str, by: str, now: datetime) -> State:
    """Take the alarm off the shelf before its time."""
    return journal.take(conn, alarm_id, "unshelve", "by_person", by, now)


def assign(conn: sa.Connection, alarm_id: str, to: str, by: str, now: datetime, text: str = "") -> State:
    """Make the account ``to`` the one who deals with the alarm; ``by`` says so, perhaps with a word."""
    return journal.take(conn, alarm_id, "assign", "by_person", by, now, _said(to, text), assigned_to=to)


def hand_over(conn: sa.Connection, school: str, giver: str, taker: str, by: str, now: datetime, text: str = "") -> int:
    """Give every open alarm of ``giver`` to ``taker``, as at the end of a shift; return how many."""
    if giver == taker:
        raise Conflict("an alarm is handed over to somebody else")
    mine = (alarms.c.school == school, alarms.c.assigned_to == giver, sa.text(OPEN))
    found = conn.execute(sa.select(alarms.c.id).where(*mine).order_by(alarms.c.raised_at)).scalars().all()
    for alarm_id in found:
        journal.take(conn, alarm_id, "hand_over", "by_person", by, now, _said(taker, text), assigned_to=taker)
    return len(found)


def is_due(conn: sa.Connection, now: datetime) -> bool:
    """Whether `keep_up` would find something; only reads."""
    shelf = conn.execute(sa.select(alarms.c.id).where(alarms.c.shelved_until <= now).limit(1)).first()
    return shelf is not None or mutes.is_due(conn, now) or flapping.is_due(conn, now) or escalation.is_due(conn, now)


def keep_up(conn: sa.Connection, now: datetime) -> int:
    """Do what time alone does to alarms: shelves, mutes and explanations that end, flapping that is over, timers."""
    quiet = end_expired_shelves(conn, now) + mutes.keep_up(conn, now) + flapping.end_steady(conn, now)
    return quiet + escalation.ring(conn, now)


def end_expired_shelves(conn: sa.Connection, now: datetime) -> int:
    """Take alarms off the shelf whose time is over; return how many."""
    due = sa.select(alarms.c.id).where(alarms.c.shelved_until <= now, alarms.c.state == "shelved").with_for_update()
    expired = conn.execute(due.order_by(alarms.c.shelved_until)).scalars().all()
    for alarm_id in expired:
        journal.take(conn, alarm_id, "unshelve", "shelf_expired", journal.MACHINE, now)
    return len(expired)


def _said(to: str, text: str) -> str:
    return f"{to}: {_note(text)}" if text.strip() else to


def _note(text: str) -> str:
    note = text.strip()
    if not note:
        raise Conflict("a reason or comment is needed")
    if len(note) > NOTE_LIMIT:
        raise Conflict(f"a comment has at most {NOTE_LIMIT} characters, this one has {len(note)}")
    return note
