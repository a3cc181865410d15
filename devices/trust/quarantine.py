"""Quarantine: devices that speak and are in no registry are counted and heard, so that a person can enrol them."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

import msgspec
import sqlalchemy as sa

from campus import db
from campus.retention import forget_rows
from devices.tables import unknown_devices, unknown_messages

KEPT = 5  # messages of a topic
TOPICS = 8  # of a device
MOST = 500  # devices of a school that wait for somebody's decision
LONGEST = 400  # bytes of a message


class UnknownDevice(msgspec.Struct, frozen=True):
    """A device in no registry: on which topic it was last heard, how often, and from when to when."""

    device: str
    topic: str
    messages: int
    first_seen: datetime
    last_seen: datetime


class Said(msgspec.Struct, frozen=True):
    """One message of a stranger: when, how many bytes, and its beginning as text."""

    at: datetime
    size: int
    text: str


class SaidOnTopic(msgspec.Struct, frozen=True):
    """What a stranger said on one topic: how many messages, and the last few, the newest first."""

    topic: str
    messages: int
    said: tuple[Said, ...]


_said = msgspec.json.Decoder(tuple[Said, ...])


def quarantine(
    conn: sa.Connection, school: str, device: str, topic: str, now: datetime, payload: bytes = b""
) -> None:  # fmt: skip
    """Count one message of an unknown device, remember when and on which topic, and keep its beginning.

    However much it sends, no more is kept than `KEPT` messages on each of `TOPICS` topics; however many send, no more
    than the `MOST` that were heard last. Those that were put aside stay.
    """
    this = (unknown_devices.c.school == school) & (unknown_devices.c.device == device)
    heard = {"messages": unknown_devices.c.messages + 1, "topic": topic[:256], "last_seen": now}
    if conn.execute(unknown_devices.update().where(this).values(**heard)).rowcount == 0:
        row = {"school": school, "device": device, "topic": topic[:256], "messages": 1}
        db.upsert(unknown_devices, conn, [{**row, "first_seen": now, "last_seen": now}], ["school", "device"], [])
        _make_room(conn, school)
    _hear(conn, school, device, topic[:256], now, payload)


def unknown(conn: sa.Connection, school: str) -> list[UnknownDevice]:
    """The devices in quarantine that somebody has to decide about, the one heard last first."""
    columns = [unknown_devices.c[field] for field in UnknownDevice.__struct_fields__]
    query = sa.select(*columns).where(unknown_devices.c.school == school, unknown_devices.c.blocked_at.is_(None))
    return [UnknownDevice(*row) for row in conn.execute(query.order_by(unknown_devices.c.last_seen.desc()))]


def said_by(conn: sa.Connection, school: str) -> dict[str, tuple[SaidOnTopic, ...]]:
    """What each device in quarantine said, by device; the topic heard last first."""
    table = unknown_messages
    query = sa.select(table.c.device, table.c.topic, table.c.messages, table.c.said).where(table.c.school == school)
    found: dict[str, list[SaidOnTopic]] = defaultdict(list)
    for device, topic, messages, said in conn.execute(query.order_by(table.c.last_at.desc(), table.c.topic)):
        found[device].append(SaidOnTopic(topic, messages, _said.decode(said)))
    return {device: tuple(topics) for device, topics in found.items()}


def release(conn: sa.Connection, school: str, devices: list[str]) -> None:
    """Take ``devices`` out of quarantine: they were enrolled."""
    if devices:
        for table in (unknown_devices, unknown_messages):
            conn.execute(table.delete().where(table.c.school == school, table.c.device.in_(devices)))


def forget_strangers(conn: sa.Connection, before: datetime, limit: int) -> int:
    """Retention: devices in quarantine that were not heard since; those that were put aside are remembered.

    What they said goes with them, and what those put aside said is not kept longer either.
    """
    forget_rows(conn, unknown_messages, unknown_messages.c.last_at < before, limit)
    unheard = sa.and_(unknown_devices.c.last_seen < before, unknown_devices.c.blocked_at.is_(None))
    return forget_rows(conn, unknown_devices, unheard, limit)


def _make_room(conn: sa.Connection, school: str) -> None:
    waiting = (unknown_devices.c.school == school) & unknown_devices.c.blocked_at.is_(None)
    order = (unknown_devices.c.last_seen.desc(), unknown_devices.c.first_seen.desc(), unknown_devices.c.device)
    query = sa.select(unknown_devices.c.device).where(waiting).order_by(*order).offset(MOST).limit(MOST)
    release(conn, school, list(conn.execute(query).scalars()))


def _hear(conn: sa.Connection, school: str, device: str, topic: str, now: datetime, payload: bytes) -> None:
    table = unknown_messages
    mine = (table.c.school == school) & (table.c.device == device)
    before = conn.execute(sa.select(table.c.said).where(mine, table.c.topic == topic)).scalar()
    # PostgreSQL keeps no NUL in a text.
    said = Said(now, len(payload), payload[:LONGEST].decode("utf-8", "replace").replace("\0", "\ufffd"))
    if before is not None:
        kept = msgspec.json.encode((said, *_said.decode(before)[: KEPT - 1])).decode()
        changed = {"messages": table.c.messages + 1, "last_at": now, "said": kept}
        conn.execute(table.update().where(mine, table.c.topic == topic).values(**changed))
    elif conn.execute(sa.select(sa.func.count()).select_from(table).where(mine)).scalar_one() < TOPICS:
        row = {"school": school, "device": device, "topic": topic, "messages": 1, "last_at": now}
        conn.execute(table.insert().values(**row, said=msgspec.json.encode((said,)).decode()))
