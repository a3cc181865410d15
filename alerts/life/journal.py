"""Writes the life of alarms: every step is a row, and every step is told to the consoles in the same transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from alerts.conditions.signal import Cause
from alerts.life.lifecycle import Action, Refusal, State, Transition, step
from alerts.notify import console
from alerts.rules.kinds import Rule
from alerts.rules.rule import Bilingual, Severity
from alerts.tables import OPEN, alarm_steps, alarm_timers, alarms, evidence, rule_versions
from campus.bell import ring
from campus.db import upsert
from campus.errors import Conflict, NotFound
from campus.ids import new_id

BELL = "campus_alerts"  # rung with each step: the worker has something to route
MACHINE = "machine"
# A camera that looks at someone for an hour must not fill the disk: the first stills are kept, the rest is counted.
STILLS_KEPT = 20


class NewAlarm(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an alarm when it is raised; ``began_at`` is when its condition began."""

    rule: Rule
    cause: Cause
    severity: Severity
    title: Bilingual
    reason: Bilingual
    began_at: datetime
    expected_students: int | None = None
    expected_classes: tuple[str, ...] = ()


def find_open(conn: sa.Connection, cause: Cause, rule_id: str) -> str | None:
    """The id of the open alarm of this rule about this subject; there is at most one."""
    mine = (alarms.c.school == cause.school, alarms.c.rule == rule_id, alarms.c.subject == cause.subject)
    found: str | None = conn.execute(sa.select(alarms.c.id).where(*mine, sa.text(OPEN))).scalar()
    return found


def raise_alarm(conn: sa.Connection, new: NewAlarm, why: str, now: datetime) -> str:
    """Make an alarm, or raise the open one of the same rule and subject again; return its id."""
    alarm_id = find_open(conn, new.cause, new.rule.id)
    if alarm_id is not None:
        take(conn, alarm_id, "raise", why, MACHINE, now, times=alarms.c.times + 1, returned_at=None)
        return alarm_id
    alarm_id = new_id()
    moved = step("normal", "raise", active=False)
    assert isinstance(moved, Transition)
    conn.execute(alarms.insert().values(id=alarm_id, **_row(new, moved, now)))
    _remember_version(conn, new.rule, now)
    _write_step(conn, new.cause.school, alarm_id, "raise", moved, why, MACHINE, now, "")
    return alarm_id


def repeat(conn: sa.Connection, alarm_id: str, now: datetime) -> None:
    """The same thing was reported again: counted, and told to the consoles; no step, since nothing changed."""
    row = conn.execute(
        alarms.update()
        .where(alarms.c.id == alarm_id)
        .values(times=alarms.c.times + 1, updated_at=now)
        .returning(alarms.c.school)
    ).one()
    console.mark(conn, now, row.school, alarm_id)


def take(
    conn: sa.Connection,
    alarm_id: str,
    action: Action,
    why: str,
    by: str,
    now: datetime,
    note: str = "",
    **columns: Any,
) -> State:
    """Take an alarm one step on and set ``columns`` with it; return its new state.

    Raises `NotFound` for an alarm that does not exist and `Conflict` with the reason for a step that is not allowed.
    """
    row = conn.execute(
        sa.select(alarms.c.school, alarms.c.state, alarms.c.active).where(alarms.c.id == alarm_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound(f"there is no alarm {alarm_id}")
    moved = step(row.state, action, active=row.active)
    if isinstance(moved, Refusal):
        raise Conflict(moved.reason)
    values = {
        "state": moved.new,
        "active": moved.active,
        "updated_at": now,
        **_moments(action, moved, by, now),
        **columns,
    }
    conn.execute(alarms.update().where(alarms.c.id == alarm_id).values(values))
    _write_step(conn, row.school, alarm_id, action, moved, why, by, now, note)
    if moved.new not in ("unacknowledged", "returned_unacknowledged"):
        stopped = (alarm_timers.c.alarm == alarm_id, alarm_timers.c.done_at.is_(None))
        conn.execute(alarm_timers.update().where(*stopped).values(done_at=now))
    return moved.new


def add_still(conn: sa.Connection, alarm_id: str, device: str | None, still: bytes, at: datetime) -> bool:
    """Keep a JPEG still as evidence; return False when the alarm has its share of stills already."""
    count = sa.select(sa.func.count()).select_from(evidence).where(evidence.c.alarm == alarm_id)
    if conn.execute(count).scalar_one() >= STILLS_KEPT:
        return False
    conn.execute(
        evidence.insert().values(
            id=new_id(), alarm=alarm_id, at=at, kind="still", media_type="image/jpeg", device=device, data=still
        )
    )
    return True


def add_asked_still(conn: sa.Connection, school: str, device: str, still: bytes, at: datetime) -> bool:
    """Keep a still that somebody asked for with the newest alarm of the device; False when the last day had none."""
    of_device = (alarms.c.school == school, alarms.c.device == device, alarms.c.raised_at >= at - timedelta(days=1))
    newest = sa.select(alarms.c.id).where(*of_device).order_by(alarms.c.raised_at.desc()).limit(1)
    alarm_id = conn.execute(newest).scalar_one_or_none()
    return alarm_id is not None and add_still(conn, alarm_id, device, still, at)


def _row(new: NewAlarm, moved: Transition, now: datetime) -> dict[str, Any]:
    cause = new.cause
    return {
        "school": cause.school,
        "rule": new.rule.id,
        "rule_version": new.rule.version,
        "severity": new.severity,
        "subject": cause.subject,
        "device": cause.device,
        "device_kind": cause.device_kind,
        "place": cause.place,
        "class_id": cause.class_id,
        "title_zh": new.title.zh[:200],
        "title_en": new.title.en[:200],
        "reason_zh": new.reason.zh[:300],
        "reason_en": new.reason.en[:300],
        "state": moved.new,
        "active": moved.active,
        "times": 1,
        "event_id": cause.event_id,
        "expected_students": new.expected_students,
        "expected_classes": msgspec.json.encode(new.expected_classes).decode(),
        "began_at": min(new.began_at, now),
        "raised_at": now,
        "updated_at": now,
    }


def _moments(action: Action, moved: Transition, by: str, now: datetime) -> dict[str, Any]:
    """The columns a step sets by itself."""
    values: dict[str, Any] = {}
    if action == "return":
        values["returned_at"] = now
    if action == "acknowledge":
        values |= {"acknowledged_at": now, "acknowledged_by": by}
    if moved.new != "shelved":
        values["shelved_until"] = None
    if moved.new not in ("suppressed", "out_of_service"):
        values["muted_by"] = None
    if moved.new == "closed" != moved.old:
        values["closed_at"] = now
    return values


def _remember_version(conn: sa.Connection, rule: Rule, now: datetime) -> None:
    document = msgspec.json.encode(rule).decode()
    row = {"rule": rule.id, "version": rule.version, "document": document, "first_used": now}
    upsert(rule_versions, conn, [row], ("rule", "version"), ())


def _write_step(
    conn: sa.Connection,
    school: str,
    alarm_id: str,
    action: Action,
    moved: Transition,
    why: str,
    by: str,
    now: datetime,
    note: str,
) -> None:
    conn.execute(
        alarm_steps.insert().values(
            alarm=alarm_id, at=now, action=action, old=moved.old, new=moved.new, why=why, by=by, note=note
        )
    )
    console.mark(conn, now, school, alarm_id)
    ring(conn, BELL)
