"""What became of messages about alarms, and what is set aside: for whoever keeps the platform, without any student."""

from __future__ import annotations

from datetime import datetime

import msgspec
import sqlalchemy as sa

from alerts.life.mutes import in_force
from alerts.tables import alarms, deliveries, outbox
from dashboards.views.people import account_names

NEWEST = 60


class DeliveryLine(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one endpoint: how often it was tried, and what the last attempt met with."""

    endpoint: str
    rule: str
    severity: str
    state: str
    attempts: int
    created_at: datetime
    ended_at: datetime | None
    last: str


class Aside(msgspec.Struct, frozen=True, kw_only=True):
    """Something nobody is told of now: a mute (``id`` can end it) or a shelved alarm; ``until`` None: till put back."""

    kind: str  # maintenance, out_of_service, shelved
    id: str
    about: str  # rule, device or place; of a shelved alarm its rule
    until: datetime | None
    reason: str
    by: str


class Log(msgspec.Struct, frozen=True, kw_only=True):
    """The newest messages, the last one first, and everything that is set aside."""

    deliveries: tuple[DeliveryLine, ...]
    aside: tuple[Aside, ...]


def log(conn: sa.Connection, school: str, now: datetime) -> Log:
    """The log of a school at ``now``."""
    return Log(deliveries=_deliveries(conn, school), aside=(*_mutes(conn, school, now), *_shelved(conn, school)))


def _deliveries(conn: sa.Connection, school: str) -> tuple[DeliveryLine, ...]:
    newest = sa.select(deliveries.c.detail).where(deliveries.c.outbox == outbox.c.id)
    last = newest.order_by(deliveries.c.id.desc()).limit(1).scalar_subquery()
    query = sa.select(
        outbox.c.endpoint, alarms.c.rule, alarms.c.severity, outbox.c.state, outbox.c.attempts, outbox.c.created_at,
        outbox.c.ended_at, sa.func.coalesce(last, "").label("last"),
    ).join(alarms, alarms.c.id == outbox.c.alarm)  # fmt: skip
    rows = conn.execute(query.where(alarms.c.school == school).order_by(outbox.c.id.desc()).limit(NEWEST))
    return tuple(DeliveryLine(**row) for row in rows.mappings())


def _mutes(conn: sa.Connection, school: str, now: datetime) -> tuple[Aside, ...]:
    names = account_names(conn, school)
    return tuple(
        Aside(
            kind=one.kind, id=one.id, about=" · ".join(filter(None, (one.rule, one.device, one.place))),
            until=one.until, reason=one.reason, by=names.get(one.by, one.by),
        )
        for one in in_force(conn, school, now)
    )  # fmt: skip


def _shelved(conn: sa.Connection, school: str) -> tuple[Aside, ...]:
    query = sa.select(alarms.c.id, alarms.c.rule, alarms.c.shelved_until)
    there = (alarms.c.school == school, alarms.c.state == "shelved")
    return tuple(
        Aside(kind="shelved", id=row.id, about=row.rule, until=row.shelved_until, reason="", by="")
        for row in conn.execute(query.where(*there).order_by(alarms.c.shelved_until))
    )
