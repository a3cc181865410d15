"""A letter that waits while what it says turns out wrong: withdrawn instead of sent and corrected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from attendance.guardians.looks import Look, note
from attendance.guardians.tables import guardian_letters, guardian_notices

_notices, _letters = guardian_notices, guardian_letters


def withdraw(conn: sa.Connection, letter: str, attempts: int, now: datetime) -> bool:
    """Withdraw a queued letter if there is a correction of something it says; returns whether it was withdrawn.

    The rest of it goes into another letter. When nothing was tried yet, nobody has heard the wrong thing: a correction
    that waits is dropped with it, and the day is looked at again for what there is to say instead.
    """
    wrong = _corrected(conn, letter)
    if not wrong:
        return False
    conn.execute(_letters.update().where(_letters.c.id == letter).values(state="withdrawn", ended_at=now))
    mine = _notices.c.letter == letter
    gone = _notices.c.id.in_([row.said for row in wrong])
    conn.execute(_notices.update().where(mine, gone).values(state="dropped", why="no_longer_so"))
    conn.execute(_notices.update().where(mine, ~gone).values(state="waiting", letter=None, send_at=now))
    if attempts == 0:
        corrections = (_notices.c.id.in_([row.correction for row in wrong]), _notices.c.state == "waiting")
        conn.execute(_notices.update().where(*corrections).values(state="dropped", why="no_longer_so"))
        note(conn, {Look(row.school, row.student, row.day) for row in wrong}, now)
    return True


def sweep(conn: sa.Connection, now: datetime) -> int:
    """Withdraw what was overtaken before its correction is put in a letter, too; returns how many letters."""
    waiting = sa.select(_notices.c.guardian).where(
        _notices.c.kind == "corrected", _notices.c.state == "waiting", _notices.c.guardian == _letters.c.guardian
    )
    free = sa.or_(_letters.c.lease_until.is_(None), _letters.c.lease_until <= now)
    query = sa.select(_letters.c.id, _letters.c.attempts).where(_letters.c.state == "queued", free, waiting.exists())
    return sum(withdraw(conn, letter, attempts, now) for letter, attempts in conn.execute(query).all())


def _corrected(conn: sa.Connection, letter: str) -> Sequence[Any]:
    """The notices of a letter that a waiting notice corrects."""
    later = _notices.alias()
    same = [later.c[name] == _notices.c[name] for name in ("school", "guardian", "student", "day")]
    after = later.c.made_at >= _notices.c.made_at
    newer = sa.and_(*same, later.c.kind == "corrected", later.c.state.in_(("waiting", "lettered")), after)
    columns = (_notices.c.id.label("said"), later.c.id.label("correction"), _notices.c.school, _notices.c.student)
    query = sa.select(*columns, _notices.c.day).join_from(_notices, later, newer)
    corrected = _notices.c.kind.in_(("absent", "arrived", "left"))
    return conn.execute(query.where(_notices.c.letter == letter, corrected)).all()
