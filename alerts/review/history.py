"""Keeps the events and facts that rules heard, so that draft rules can be tried on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from alerts.tables import event_history
from campus.db import upsert
from campus.envelope import Body, Envelope, Source
from campus.events import EVENTS, Event, GatePass, Pictured
from campus.facts import DeviceReturned, DeviceSilent, Fact, MarkChanged, StudentPassed
from campus.ids import new_id

FACTS: dict[str, type[Fact]] = {
    "device silent": DeviceSilent,
    "device returned": DeviceReturned,
    "student passed": StudentPassed,
    "mark changed": MarkChanged,
}
_NAMES = {kind: name for name, kind in FACTS.items()}


def record(conn: sa.Connection, batch: Sequence[Envelope]) -> None:
    """Keep the events and facts of a batch. A card that was read is kept as the pass it became, not by its hash."""
    upsert(event_history, conn, [row for one in batch if (row := _row(one)) is not None], ["id"], ())


def heard(conn: sa.Connection, schools: Sequence[str], since: datetime, until: datetime) -> Iterator[Envelope]:
    """The kept events and facts received from ``since`` to ``until``, in order of arrival."""
    there = (event_history.c.school.in_(schools), event_history.c.received >= since, event_history.c.received < until)
    order = (event_history.c.received, event_history.c.id)
    for row in conn.execute(sa.select(event_history).where(*there).order_by(*order)):
        source = Source(row.school, row.device, row.device_kind, row.place)
        body = _body(row.kind, row.body)
        yield Envelope(source=source, body=body, at=row.at, received=row.received, late=row.late, id=row.id)


def forget_before(conn: sa.Connection, moment: datetime) -> int:
    """Delete what was received before ``moment``; return how many."""
    return conn.execute(event_history.delete().where(event_history.c.received < moment)).rowcount


def _row(envelope: Envelope) -> dict[str, object] | None:
    body = envelope.body
    if isinstance(body, GatePass) or not isinstance(body, Event | DeviceSilent | DeviceReturned | StudentPassed):
        return None
    if isinstance(body, Pictured):
        body = msgspec.structs.replace(body, still=None)
    source = envelope.source
    return {
        "id": envelope.id if isinstance(body, Event) and envelope.id else new_id(),
        "school": source.school,
        "device": source.device,
        "device_kind": source.kind,
        "place": source.place,
        "at": envelope.received if envelope.clock_suspect else envelope.at,
        "received": envelope.received,
        "late": envelope.late,
        "kind": body.type if isinstance(body, Event) else _NAMES[type(body)],
        "body": msgspec.json.encode(body),
    }


def _body(kind: str, data: bytes) -> Body:
    wanted: type[Event | Fact] = EVENTS.get(kind) or FACTS[kind]
    return msgspec.json.decode(data, type=wanted)
