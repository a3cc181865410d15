"""What happened at a device in a span of time, to be marked on its charts: alarms, incidents, times of silence."""

from __future__ import annotations

from datetime import datetime

import msgspec
import sqlalchemy as sa

from alerts.incidents.tables import incidents
from alerts.tables import alarms
from devices.tables import device_outages

MOST = 200


class AlarmMark(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm of the device or of its place; none of them is about a student."""

    id: str
    title_zh: str
    title_en: str
    severity: str
    state: str
    began_at: datetime
    returned_at: datetime | None


class SpanMark(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time: ``silent``, or an incident by its kind; ``end`` is None while it lasts."""

    kind: str
    exercise: bool = False
    start: datetime
    end: datetime | None


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """What to mark between two moments, the newest first; at most `MOST` of each."""

    alarms: tuple[AlarmMark, ...]
    silences: tuple[SpanMark, ...]
    incidents: tuple[SpanMark, ...]


def marks(conn: sa.Connection, school: str, device: str, place: str | None, start: datetime, end: datetime) -> Marks:
    """The marks of a device that stands at ``place``."""
    return Marks(
        alarms=_alarms(conn, school, device, place, start, end),
        silences=_silences(conn, school, device, start, end),
        incidents=_incidents(conn, school, start, end),
    )


def _alarms(
    conn: sa.Connection, school: str, device: str, place: str | None, start: datetime, end: datetime
) -> tuple[AlarmMark, ...]:
    table = alarms.c
    here = table.device == device
    if place is not None:
        here |= table.place == place
    # Whoever looks after devices has no right to students: an alarm about one names its class.
    about_it = table.class_id.is_(None) | (table.subject == table.device)
    mine = (table.school == school, here, about_it, table.began_at < end, table.raised_at >= start)
    columns = [table[name] for name in AlarmMark.__struct_fields__]
    query = sa.select(*columns).where(*mine).order_by(table.raised_at.desc()).limit(MOST)
    return tuple(AlarmMark(**row) for row in conn.execute(query).mappings())


def _silences(conn: sa.Connection, school: str, device: str, start: datetime, end: datetime) -> tuple[SpanMark, ...]:
    table = device_outages.c
    touching = (table.started_at < end) & (table.ended_at.is_(None) | (table.ended_at > start))
    query = sa.select(table.started_at, table.ended_at).where(table.school == school, table.device == device, touching)
    rows = conn.execute(query.order_by(table.started_at.desc()).limit(MOST))
    return tuple(SpanMark(kind="silent", start=row.started_at, end=row.ended_at) for row in rows)


def _incidents(conn: sa.Connection, school: str, start: datetime, end: datetime) -> tuple[SpanMark, ...]:
    table = incidents.c
    touching = (table.opened_at < end) & (table.closed_at.is_(None) | (table.closed_at > start))
    query = sa.select(table.kind, table.exercise, table.opened_at, table.closed_at)
    rows = conn.execute(query.where(table.school == school, touching).order_by(table.opened_at.desc()).limit(MOST))
    return tuple(SpanMark(kind=row.kind, exercise=row.exercise, start=row.opened_at, end=row.closed_at) for row in rows)
