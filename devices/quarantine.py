"""Quarantine: devices that speak and are in no registry are counted, so that a person can enrol them."""

from __future__ import annotations

from datetime import datetime

import msgspec
import sqlalchemy as sa

from campus import db
from campus.retention import forget_rows
from devices.tables import unknown_devices


class UnknownDevice(msgspec.Struct, frozen=True):
    """A device in no registry: on which topic it was last heard, how often, and from when to when."""

    device: str
    topic: str
    messages: int
    first_seen: datetime
    last_seen: datetime


def quarantine(conn: sa.Connection, school: str, device: str, topic: str, now: datetime) -> None:
    """Count one message of an unknown device and remember when and on which topic it was heard."""
    row = {"school": school, "device": device, "topic": "", "messages": 0, "first_seen": now, "last_seen": now}
    db.upsert(unknown_devices, conn, [row], ["school", "device"], [])
    this = (unknown_devices.c.school == school) & (unknown_devices.c.device == device)
    heard = {"messages": unknown_devices.c.messages + 1, "topic": topic[:256], "last_seen": now}
    conn.execute(unknown_devices.update().where(this).values(**heard))


def unknown(conn: sa.Connection, school: str) -> list[UnknownDevice]:
    """The devices in quarantine that somebody has to decide about, the one heard last first."""
    columns = [unknown_devices.c[field] for field in UnknownDevice.__struct_fields__]
    query = sa.select(*columns).where(unknown_devices.c.school == school, unknown_devices.c.blocked_at.is_(None))
    return [UnknownDevice(*row) for row in conn.execute(query.order_by(unknown_devices.c.last_seen.desc()))]


def release(conn: sa.Connection, school: str, devices: list[str]) -> None:
    """Take ``devices`` out of quarantine: they were enrolled."""
    if devices:
        mine = (unknown_devices.c.school == school) & unknown_devices.c.device.in_(devices)
        conn.execute(unknown_devices.delete().where(mine))


def forget_strangers(conn: sa.Connection, before: datetime, limit: int) -> int:
    """Retention: devices in quarantine that were not heard since; those that were put aside are remembered."""
    unheard = sa.and_(unknown_devices.c.last_seen < before, unknown_devices.c.blocked_at.is_(None))
    return forget_rows(conn, unknown_devices, unheard, limit)
