"""What nobody is told of for a while: maintenance, things out of service, alarms that another alarm explains."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec
import sqlalchemy as sa

from alerts.conditions.signal import Cause
from alerts.life import journal
from alerts.life.journal import MACHINE
from alerts.life.lifecycle import Action
from alerts.rules.kinds import Rule
from alerts.tables import OPEN, alarms, mutes
from campus.errors import Conflict, NotFound
from campus.ids import new_id

Kind = Literal["maintenance", "out_of_service"]
BY_ALARM = "alarm:"
JUST_BEGUN = timedelta(minutes=5)  # the worker looks several times a second
_ACTIONS: dict[Kind, Action] = {"maintenance": "suppress", "out_of_service": "take_out"}


class Mute(msgspec.Struct, frozen=True, kw_only=True):
    """What is muted: every key that is given must be the alarm's. Maintenance has an end, out of service has none."""

    id: str
    school: str
    kind: Kind
    rule: str | None
    device: str | None
    place: str | None
    starts: datetime
    until: datetime | None
    reason: str
    by: str
    ended_at: datetime | None = None


def begin(
    conn: sa.Connection,
    school: str,
    kind: Kind,
    reason: str,
    by: str,
    now: datetime,
    *,
    rule: str | None = None,
    device: str | None = None,
    place: str | None = None,
    starts: datetime | None = None,
    until: datetime | None = None,
) -> str:
    """Mute a rule, a device, a place or what they have in common; return the id of the mute.

    Open alarms it covers are set aside at once, later ones when they are raised. Raises `Conflict` with the reason.
    """
    if not (rule or device or place):
        raise Conflict("say which rule, device or place; a whole school is never muted")
    if not reason.strip():
        raise Conflict("a reason is needed")
    if (kind == "maintenance") != (until is not None):
        raise Conflict("maintenance has an end, out of service has none")
    starts = starts or now
    if until is not None and until <= max(starts, now):
        raise Conflict("maintenance ends after it begins, at a moment to come")
    mute = Mute(
        id=new_id(), school=school, kind=kind, rule=rule, device=device, place=place, starts=starts, until=until,
        reason=reason.strip()[:500], by=by,
    )  # fmt: skip
    conn.execute(mutes.insert().values(msgspec.structs.asdict(mute)))
    if starts <= now:
        _apply(conn, mute, by, now)
    return mute.id


def end(conn: sa.Connection, school: str, mute_id: str, by: str, now: datetime) -> int:
    """End a mute; what still holds comes back. Return how many alarms did."""
    mine = (mutes.c.id == mute_id, mutes.c.school == school, mutes.c.ended_at.is_(None))
    if conn.execute(mutes.update().where(*mine).values(ended_at=now, ended_by=by)).rowcount == 0:
        raise NotFound(f"there is no mute {mute_id} in force")
    return _release(conn, mute_id, by, now)


def in_force(conn: sa.Connection, school: str, now: datetime) -> list[Mute]:
    """The mutes in force or to come, the one that ends first in front."""
    columns = [mutes.c[name] for name in Mute.__struct_fields__]
    there = (mutes.c.school == school, mutes.c.ended_at.is_(None), sa.or_(mutes.c.until.is_(None), mutes.c.until > now))
    rows = conn.execute(sa.select(*columns).where(*there).order_by(mutes.c.until.is_(None), mutes.c.until))
    return [Mute(**row) for row in rows.mappings()]


def muted_on_raise(conn: sa.Connection, rule: Rule, cause: Cause, alarm_id: str, now: datetime) -> bool:
    """Set a raised alarm aside if a mute covers it or another alarm explains it; say whether it is set aside."""
    state = conn.execute(sa.select(alarms.c.state).where(alarms.c.id == alarm_id)).scalar_one()
    if state in ("suppressed", "out_of_service"):
        return True  # raised again while it was set aside, which it still is
    if state == "shelved":
        return False  # it comes back by itself, and `keep_up` sets it aside then
    for mute in in_force(conn, cause.school, now):
        if mute.starts <= now and _covers(mute, rule.id, cause.device, cause.place):
            _set_aside(conn, mute, [alarm_id], MACHINE, now)
            return True
    explaining = _explaining(conn, rule, cause)
    if explaining is not None:
        by = BY_ALARM + explaining
        journal.take(conn, alarm_id, "suppress", "explained", MACHINE, now, muted_by=by)
    return explaining is not None


def is_due(conn: sa.Connection, now: datetime) -> bool:
    """Whether `keep_up` would find something: a mute that ends or has begun, an explanation that may be over."""
    begun = sa.and_(mutes.c.starts <= now, mutes.c.starts > now - JUST_BEGUN)
    due = sa.select(mutes.c.id).where(mutes.c.ended_at.is_(None), sa.or_(mutes.c.until <= now, begun)).limit(1)
    if conn.execute(due).first() is not None:
        return True
    return any(_is_over(conn, muted_by) for muted_by in _explanations(conn))


def keep_up(conn: sa.Connection, now: datetime) -> int:
    """Begin and end what is due: maintenance by the clock, explanations by their alarm. Return how many steps."""
    done = 0
    due = (mutes.c.ended_at.is_(None), mutes.c.until <= now)
    for row in conn.execute(sa.select(mutes.c.id).where(*due)).all():
        conn.execute(mutes.update().where(mutes.c.id == row.id).values(ended_at=now, ended_by=MACHINE))
        done += 1 + _release(conn, row.id, MACHINE, now)
    schools = conn.execute(sa.select(mutes.c.school).where(mutes.c.ended_at.is_(None)).distinct()).scalars().all()
    for mute in (one for school in schools for one in in_force(conn, school, now) if one.starts <= now):
        done += _apply(conn, mute, MACHINE, now)
    return done + _end_explanations(conn, now)


def _apply(conn: sa.Connection, mute: Mute, by: str, now: datetime) -> int:
    rows = conn.execute(
        sa.select(alarms.c.id, alarms.c.rule, alarms.c.device, alarms.c.place).where(
            alarms.c.school == mute.school,
            alarms.c.state.in_(("unacknowledged", "acknowledged", "returned_unacknowledged")),
        )
    ).all()
    covered = [row.id for row in rows if _covers(mute, row.rule, row.device, row.place)]
    _set_aside(conn, mute, covered, by, now)
    return len(covered)


def _set_aside(conn: sa.Connection, mute: Mute, alarm_ids: Sequence[str], by: str, now: datetime) -> None:
    for alarm_id in alarm_ids:
        journal.take(conn, alarm_id, _ACTIONS[mute.kind], mute.kind, by, now, mute.reason, muted_by=mute.id)


def _release(conn: sa.Connection, muted_by: str, by: str, now: datetime, why: str = "mute_ended") -> int:
    rows = conn.execute(sa.select(alarms.c.id, alarms.c.state).where(alarms.c.muted_by == muted_by)).all()
    for row in rows:
        journal.take(conn, row.id, "unsuppress" if row.state == "suppressed" else "put_back", why, by, now)
    return len(rows)


def _end_explanations(conn: sa.Connection, now: datetime) -> int:
    """An alarm whose explanation closed or returned stands for itself again."""
    over = [muted_by for muted_by in _explanations(conn) if _is_over(conn, muted_by)]
    return sum(_release(conn, muted_by, MACHINE, now, "unexplained") for muted_by in over)


def _explanations(conn: sa.Connection) -> Sequence[str]:
    explained = sa.select(alarms.c.muted_by).where(alarms.c.muted_by.like(BY_ALARM + "%"), sa.text(OPEN)).distinct()
    return conn.execute(explained).scalars().all()


def _is_over(conn: sa.Connection, muted_by: str) -> bool:
    there = (alarms.c.id == muted_by.removeprefix(BY_ALARM), alarms.c.active, sa.text(OPEN))
    return conn.execute(sa.select(alarms.c.id).where(*there)).first() is None


def _explaining(conn: sa.Connection, rule: Rule, cause: Cause) -> str | None:
    if not rule.suppressed_by:
        return None
    same = [alarms.c.device == cause.device] if cause.device else []
    same += [alarms.c.place == cause.place] if cause.place else []
    if not same:
        return None
    there = (alarms.c.school == cause.school, alarms.c.rule.in_(rule.suppressed_by), alarms.c.active, sa.text(OPEN))
    found: str | None = conn.execute(sa.select(alarms.c.id).where(*there, sa.or_(*same)).limit(1)).scalar()
    return found


def _covers(mute: Mute, rule: str, device: str | None, place: str | None) -> bool:
    return mute.rule in (None, rule) and mute.device in (None, device) and mute.place in (None, place)
