"""What consoles read: open alarms worst first, one alarm with its whole history, evidence, deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from alerts.life.lifecycle import Action, Outcome, State
from alerts.life.words import WHY, both
from alerts.rules.kinds import Rule
from alerts.rules.rule import SEVERITIES, Bilingual, Severity
from alerts.tables import (
    OPEN,
    alarm_recipients,
    alarm_steps,
    alarm_timers,
    alarms,
    deliveries,
    endpoint_states,
    evidence,
    outbox,
    rule_versions,
)
from campus.errors import NotFound

_STATE_ORDER: tuple[State, ...] = (
    "unacknowledged", "returned_unacknowledged", "acknowledged", "shelved", "suppressed", "out_of_service",
)  # fmt: skip
_HIDDEN: tuple[State, ...] = ("suppressed", "out_of_service")
_NO_RUNBOOK = both("没有处置说明", "No instructions are on record")
_rule = msgspec.json.Decoder(Rule)


class AlarmRow(msgspec.Struct, frozen=True, kw_only=True):
    """One alarm as a list shows it. ``subject`` is a device's or a student's id, never a name."""

    id: str
    school: str
    rule: str
    severity: Severity
    subject: str
    device: str | None
    place: str | None
    class_id: str | None
    title: Bilingual
    reason: Bilingual
    state: State
    active: bool
    times: int
    began_at: datetime
    raised_at: datetime
    updated_at: datetime
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    returned_at: datetime | None
    shelved_until: datetime | None
    closed_at: datetime | None
    outcome: Outcome | None
    expected_students: int | None
    expected_classes: tuple[str, ...]
    assigned_to: str | None = None
    muted_by: str | None = None
    flapping: bool = False
    level: int = 0


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Whom an alarm was meant for, as what, why, and by which route."""

    person: str
    who: str
    why: str
    route: str
    at: datetime


class Timer(msgspec.Struct, frozen=True):
    """What follows if nobody acknowledges: escalate or remind, the how-manieth, when."""

    kind: str
    number: int
    due_at: datetime


class AlarmStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step of an alarm's history; ``by`` is "machine" or an account id, ``note`` a person's own words."""

    id: int
    at: datetime
    action: Action
    old: State
    new: State
    why: Bilingual
    by: str
    note: str


class DeliveryRow(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one message about an alarm to one endpoint."""

    endpoint: str
    kind: str
    state: str
    attempts: int
    created_at: datetime
    next_at: datetime
    ended_at: datetime | None
    last: str  # what the last attempt met with


class AlarmDetail(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm with its history, its evidence and what to do."""

    alarm: AlarmRow
    rule_version: str
    event_id: str
    runbook: Bilingual
    why: str
    source: str
    steps: tuple[AlarmStep, ...]
    evidence: tuple[str, ...]
    who: tuple[str, ...]  # the accounts that dealt with it, in order of first appearance
    deliveries: tuple[DeliveryRow, ...]


class DisabledEndpoint(msgspec.Struct, frozen=True):
    """An endpoint that nothing is sent to any more, and why."""

    name: str
    disabled_at: datetime
    why: str


def open_alarms(conn: sa.Connection, school: str, *, muted: bool = False) -> list[AlarmRow]:
    """The alarms that are not closed: worst first, those nobody has seen before the others, newest first.

    Suppressed ones and those out of service are left out unless ``muted`` asks for exactly them.
    """
    state = alarms.c.state.in_(_HIDDEN) if muted else alarms.c.state.not_in(_HIDDEN)
    rows = _alarms(conn, alarms.c.school == school, sa.text(OPEN), state)

    def rank(row: AlarmRow) -> tuple[int, int, float]:
        return -SEVERITIES.index(row.severity), _STATE_ORDER.index(row.state), -row.raised_at.timestamp()

    return sorted(rows, key=rank)


def recent(
    conn: sa.Connection, school: str, limit: int = 50, before: datetime | None = None, before_id: str = ""
) -> list[AlarmRow]:
    """Alarms, open and closed, newest first; ``before`` is the ``raised_at`` of the last one of the page before, and
    ``before_id`` its id, without which other alarms of that same moment are passed over.
    """
    conditions: list[sa.ColumnElement[bool]] = [alarms.c.school == school]
    if before is not None:
        same = sa.and_(alarms.c.raised_at == before, alarms.c.id < before_id)
        conditions.append(sa.or_(alarms.c.raised_at < before, same))
    return _alarms(conn, *conditions, order=(alarms.c.raised_at.desc(), alarms.c.id.desc()), limit=limit)


def alarm(conn: sa.Connection, school: str, alarm_id: str) -> AlarmDetail:
    """One alarm whole; raises `NotFound` when the school has none with this id."""
    mine = (alarms.c.school == school, alarms.c.id == alarm_id)
    found = conn.execute(sa.select(alarms).where(*mine)).mappings().one_or_none()
    if found is None:
        raise NotFound(f"there is no alarm {alarm_id}")
    rule = _rule_of(conn, found["rule"], found["rule_version"])
    steps = _steps(conn, alarm_id)
    return AlarmDetail(
        alarm=_row(found),
        rule_version=found["rule_version"],
        event_id=found["event_id"],
        runbook=rule.runbook if rule else _NO_RUNBOOK,
        why=rule.why if rule else "",
        source=rule.source if rule else "",
        steps=steps,
        evidence=_evidence(conn, alarm_id),
        who=tuple(dict.fromkeys(step.by for step in steps if step.by != "machine")),
        deliveries=_deliveries(conn, alarm_id),
    )


def told(conn: sa.Connection, school: str, alarm_id: str) -> list[Told]:
    """Whom an alarm of this school was meant for, in order."""
    columns = [alarm_recipients.c[name] for name in Told.__struct_fields__]
    query = sa.select(*columns).join(alarms, alarms.c.id == alarm_recipients.c.alarm)
    query = query.where(alarms.c.school == school, alarms.c.id == alarm_id)
    rows = conn.execute(query.order_by(alarm_recipients.c.step, alarm_recipients.c.person)).mappings()
    return [Told(**row) for row in rows]


def follows(conn: sa.Connection, school: str, alarm_id: str) -> list[Timer]:
    """What follows if nobody acknowledges an alarm of this school, soonest first."""
    query = sa.select(alarm_timers.c.kind, alarm_timers.c.number, alarm_timers.c.due_at)
    query = query.join(alarms, alarms.c.id == alarm_timers.c.alarm)
    mine = (alarms.c.school == school, alarms.c.id == alarm_id, alarm_timers.c.done_at.is_(None))
    return [Timer(*row) for row in conn.execute(query.where(*mine).order_by(alarm_timers.c.due_at))]


def still(conn: sa.Connection, school: str, alarm_id: str, evidence_id: str | None = None) -> bytes | None:
    """A still of an alarm of this school: the one asked for, or the newest; None when there is none."""
    query = (
        sa.select(evidence.c.data)
        .join(alarms, alarms.c.id == evidence.c.alarm)
        .where(alarms.c.school == school, alarms.c.id == alarm_id, evidence.c.kind == "still")
    )
    if evidence_id is not None:
        query = query.where(evidence.c.id == evidence_id)
    data: bytes | None = conn.execute(query.order_by(evidence.c.id.desc()).limit(1)).scalar()
    return data


def places_in_alarm(conn: sa.Connection, school: str) -> dict[str, Severity]:
    """Places with an open alarm that is not on the shelf, each with its worst severity: what the plan colours."""
    worst: dict[str, Severity] = {}
    for row in open_alarms(conn, school):  # worst first, so the first one of a place stays
        if row.place is not None and row.state != "shelved":
            worst.setdefault(row.place, row.severity)
    return worst


def disabled_endpoints(conn: sa.Connection) -> list[DisabledEndpoint]:
    """Endpoints that asked to be left alone, newest first."""
    columns = (endpoint_states.c.name, endpoint_states.c.disabled_at, endpoint_states.c.why)
    rows = conn.execute(sa.select(*columns).order_by(endpoint_states.c.disabled_at.desc()))
    return [DisabledEndpoint(*row) for row in rows]


def _alarms(
    conn: sa.Connection,
    *conditions: sa.ColumnElement[bool] | sa.TextClause,
    order: Sequence[sa.ColumnElement[Any]] = (),
    limit: int | None = None,
) -> list[AlarmRow]:
    query = sa.select(alarms).where(*conditions).order_by(*order).limit(limit)
    return [_row(row) for row in conn.execute(query).mappings()]


def _row(row: sa.RowMapping) -> AlarmRow:
    made = {name: row[name] for name in AlarmRow.__struct_fields__ if name in row}
    return AlarmRow(
        **made | {"expected_classes": msgspec.json.decode(row["expected_classes"], type=tuple[str, ...])},
        title=both(row["title_zh"], row["title_en"]),
        reason=both(row["reason_zh"], row["reason_en"]),
    )


def _rule_of(conn: sa.Connection, rule: str, version: str) -> Rule | None:
    mine = (rule_versions.c.rule == rule, rule_versions.c.version == version)
    document = conn.execute(sa.select(rule_versions.c.document).where(*mine)).scalar()
    return None if document is None else _rule.decode(document)


def _steps(conn: sa.Connection, alarm_id: str) -> tuple[AlarmStep, ...]:
    names = [name for name in AlarmStep.__struct_fields__ if name != "why"]
    query = sa.select(alarm_steps).where(alarm_steps.c.alarm == alarm_id).order_by(alarm_steps.c.id)
    rows = conn.execute(query).mappings()
    return tuple(AlarmStep(**{name: row[name] for name in names}, why=WHY[row["why"]]) for row in rows)


def _evidence(conn: sa.Connection, alarm_id: str) -> tuple[str, ...]:
    rows = conn.execute(sa.select(evidence.c.id).where(evidence.c.alarm == alarm_id).order_by(evidence.c.id))
    return tuple(rows.scalars())


def _deliveries(conn: sa.Connection, alarm_id: str) -> tuple[DeliveryRow, ...]:
    newest = (
        sa.select(deliveries.c.detail)
        .where(deliveries.c.outbox == outbox.c.id)
        .order_by(deliveries.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    names = [name for name in DeliveryRow.__struct_fields__ if name != "last"]
    query = sa.select(*(outbox.c[name] for name in names), sa.func.coalesce(newest, "").label("last"))
    rows = conn.execute(query.where(outbox.c.alarm == alarm_id).order_by(outbox.c.id)).mappings()
    return tuple(DeliveryRow(**row) for row in rows)
