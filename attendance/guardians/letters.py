"""Letters: what waits for one guardian goes into one message, which is leased, sent, and done or tried again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from attendance.guardians import overtaken, wording
from attendance.guardians.notices import Timing, after_quiet
from attendance.guardians.ports import Answer, Letter, Post
from attendance.guardians.tables import guardian_letters, guardian_notices
from attendance.guardians.wishes import Guardian, Known, guardian
from attendance.guardians.wording import Fact
from attendance.tables import schools, students
from campus.errors import NotFound
from campus.ids import new_id

BUNDLED_AT_ONCE = 200  # guardians of one transaction
LEASE = timedelta(seconds=60)  # longer than any attempt may take
# Seconds before the second, third, ... attempt; after the last one a letter is given up.
BACKOFF_S = (30, 120, 600, 1800, 3600, 7200, 14_400)
_notices, _letters = guardian_notices, guardian_letters


def bundle(conn: sa.Connection, post: Post, timing: Timing, now: datetime) -> int:
    """Put the notices that are due into letters, one for each guardian; returns how many letters were made."""
    due = sa.select(_notices.c.school, _notices.c.guardian).where(*_due(now)).distinct().limit(BUNDLED_AT_ONCE)
    return sum(_bundle(conn, post, school, id_, timing, now) for school, id_ in conn.execute(due).all())


def is_due(conn: sa.Connection, now: datetime) -> bool:
    """Whether `bundle` would find something."""
    return conn.execute(sa.select(_notices.c.id).where(*_due(now)).limit(1)).first() is not None


def _due(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return _notices.c.state == "waiting", _notices.c.send_at <= now


def _bundle(conn: sa.Connection, post: Post, school: str, id_: str, timing: Timing, now: datetime) -> int:
    """One guardian's letter: what is due, and what would be within the time that notices wait for each other."""
    here = (_notices.c.school == school, _notices.c.guardian == id_, _notices.c.state == "waiting")
    soon = _notices.c.send_at <= now + timing.gather
    rows = conn.execute(sa.select(_notices).where(*here, soon).order_by(_notices.c.at, _notices.c.id)).all()
    fresh = [row for row in rows if row.stale_at > now]
    _drop(conn, [row.id for row in rows if row.stale_at <= now], "stale")
    try:
        known = guardian(conn, school, id_)
    except NotFound:
        return _drop(conn, [row.id for row in fresh], "no_guardian")
    if reason := post.refusal(known.guardian.contact):
        return _drop(conn, [row.id for row in fresh], reason)
    later = after_quiet(now, _quiet(known.guardian, timing), timing.zone)
    if later > now:
        conn.execute(_notices.update().where(_notices.c.id.in_([row.id for row in fresh])).values(send_at=later))
        return 0
    return _write(conn, school, known, fresh, timing, now) if fresh else 0


def _drop(conn: sa.Connection, ids: Sequence[str], why: str) -> int:
    if ids:
        here = (_notices.c.id.in_(ids), _notices.c.state == "waiting")
        conn.execute(_notices.update().where(*here).values(state="dropped", why=why, send_at=None))
    return 0


def _quiet(one: Guardian, timing: Timing) -> tuple[int, int] | None:
    own = one.quiet_from, one.quiet_until
    return (own[0], own[1]) if own[0] is not None and own[1] is not None else timing.quiet


def _quiet_of(conn: sa.Connection, school: str, id_: str, timing: Timing) -> tuple[int, int] | None:
    try:
        return _quiet(guardian(conn, school, id_).guardian, timing)
    except NotFound:
        return timing.quiet


def _write(
    conn: sa.Connection, school: str, known: Known, rows: Sequence[sa.Row[Any]], timing: Timing, now: datetime
) -> int:
    """Store the letter and mark its notices, unless somebody else did so meanwhile."""
    letter, one = new_id(), known.guardian
    mine = (_notices.c.id.in_([row.id for row in rows]), _notices.c.state == "waiting")
    taken = _notices.update().where(*mine).values(state="lettered", letter=letter).returning(_notices.c.id)
    ids = set(conn.execute(taken).scalars())
    facts = _facts(conn, school, [row for row in rows if row.id in ids])
    if not facts:
        return 0
    title = conn.execute(sa.select(schools.c.name).where(schools.c.id == school)).scalar() or school
    row = {
        "id": letter,
        "school": school,
        "guardian": one.id,
        "contact": one.contact,
        "language": one.language,
        "subject": wording.subject(title, [fact.name for fact in facts], one.language),
        "text": wording.letter(title, facts, one.language, timing.zone),
        "stale_at": max(row.stale_at for row in rows if row.id in ids),
    }
    fresh = {"state": "queued", "made_at": now, "next_at": now, "attempts": 0, "lease_owner": "", "detail": ""}
    conn.execute(_letters.insert(), {**row, **fresh})
    return 1


def _facts(conn: sa.Connection, school: str, rows: Sequence[sa.Row[Any]]) -> list[Fact]:
    query = sa.select(students.c.id, students.c.name).where(
        students.c.school == school, students.c.id.in_({row.student for row in rows})
    )
    names = {row.id: row.name for row in conn.execute(query)}
    by_student: dict[str, list[Fact]] = defaultdict(list)
    for row in rows:
        name = names.get(row.student, row.student)
        fact = Fact(name=name, day=row.day, kind=row.kind, status=row.status, facts=row.facts)
        by_student[row.student].append(fact)
    return [fact for own in by_student.values() for fact in own]


# Leased, sent, done ---------------------------------------------------------------------------------------------------


def lease(conn: sa.Connection, owner: str, now: datetime) -> Letter | None:
    """Take the next letter that is due, for a minute; None when there is none.

    What is no news any more, and what was overtaken by its own correction, is not sent.
    """
    free = sa.or_(_letters.c.lease_until.is_(None), _letters.c.lease_until <= now)
    due = (_letters.c.state == "queued", _letters.c.next_at <= now, free)
    query = sa.select(_letters).where(*due).order_by(_letters.c.next_at, _letters.c.id).limit(1)
    while (row := conn.execute(query.with_for_update(skip_locked=True)).first()) is not None:
        if row.stale_at is not None and row.stale_at <= now:
            _end(conn, row.id, "stale", now)
        elif not overtaken.withdraw(conn, row.id, row.attempts, now):
            taken = {"lease_until": now + LEASE, "lease_owner": owner, "attempts": row.attempts + 1}
            conn.execute(_letters.update().where(_letters.c.id == row.id).values(taken))
            cells = {name: getattr(row, name) for name in Letter.__struct_fields__ if name != "attempt"}
            return Letter(**cells, attempt=row.attempts + 1)
    return None


def _end(conn: sa.Connection, letter: str, why: str, now: datetime) -> None:
    ended = {"state": "failed", "ended_at": now, "detail": why, "lease_until": None, "lease_owner": ""}
    conn.execute(_letters.update().where(_letters.c.id == letter).values(ended))
    conn.execute(_notices.update().where(_notices.c.letter == letter).values(state="failed", why=why))


def is_queued(conn: sa.Connection, now: datetime) -> bool:
    """Whether `lease` may find something."""
    due = (_letters.c.state == "queued", _letters.c.next_at <= now)
    return conn.execute(sa.select(_letters.c.id).where(*due).limit(1)).first() is not None


def finish(conn: sa.Connection, letter: Letter, answer: Answer, owner: str, timing: Timing, now: datetime) -> str:
    """Write what became of an attempt; returns the letter's state. Of a failed one the notices failed, too."""
    row = conn.execute(sa.select(_letters.c.guardian, _letters.c.stale_at).where(_letters.c.id == letter.id)).one()
    wait = timedelta(seconds=max(BACKOFF_S[min(letter.attempt, len(BACKOFF_S)) - 1], answer.retry_after_s))
    again = after_quiet(now + wait, _quiet_of(conn, letter.school, row.guardian, timing), timing.zone)
    more = letter.attempt <= len(BACKOFF_S) and (row.stale_at is None or again < row.stale_at)
    state = "sent" if answer.result == "done" else "queued" if answer.result == "temporary" and more else "failed"
    values: dict[str, Any] = {"state": state, "detail": answer.detail[:300], "lease_until": None, "lease_owner": ""}
    values |= {"next_at": again} if state == "queued" else {"ended_at": now}
    mine = [_letters.c.id == letter.id, _letters.c.state == "queued"]
    if state != "sent":  # whoever holds it by now decides, except that what arrived has arrived
        mine.append(_letters.c.lease_owner == owner)
    if conn.execute(_letters.update().where(*mine).values(values)).rowcount and state == "failed":
        undelivered = _notices.update().where(_notices.c.letter == letter.id)
        conn.execute(undelivered.values(state="failed", why="not_delivered"))
    return state


def forget_before(conn: sa.Connection, moment: datetime) -> int:
    """Retention: drop letters and notices made before ``moment``; return how many letters."""
    conn.execute(_notices.delete().where(_notices.c.made_at < moment))
    return conn.execute(_letters.delete().where(_letters.c.made_at < moment)).rowcount
