"""Who may speak for which device: accounts, waiting codes, strangers in quarantine, and what was done lately."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

import msgspec
import sqlalchemy as sa

from dashboards.views.people import account_names
from devices.tables import devices, places
from devices.trust import accounts, codes, steps
from devices.trust.quarantine import SaidOnTopic, said_by, unknown
from devices.trust.steps import TrustStep


class TrustedDevice(msgspec.Struct, frozen=True, kw_only=True):
    """A device with its account at the broker: since when, and the code that waits for it, if any."""

    id: str
    kind: str
    name_zh: str
    name_en: str
    parent: str | None
    enrolled_at: datetime | None
    code_until: datetime | None


class Stranger(msgspec.Struct, frozen=True, kw_only=True):
    """A device in no registry, with the last things it said on each topic."""

    device: str
    topic: str
    messages: int
    first_seen: datetime
    last_seen: datetime
    said: tuple[SaidOnTopic, ...]


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A place or a device to choose from."""

    id: str
    name_zh: str
    name_en: str


class TrustView(msgspec.Struct, frozen=True, kw_only=True):
    """The whole page."""

    now: datetime
    devices: list[TrustedDevice]
    strangers: list[Stranger]
    places: list[Choice]
    steps: list[TrustStep]


def trust_view(conn: sa.Connection, school: str, now: datetime) -> TrustView:
    """The page of one school: strangers first, then devices without an account, then the others."""
    names = account_names(conn, school)
    said = said_by(conn, school)
    done = [msgspec.structs.replace(one, by=names.get(one.by, one.by)) for one in steps.steps(conn, school, limit=50)]
    return TrustView(
        now=now,
        devices=_devices(conn, school, now),
        strangers=[
            Stranger(
                device=one.device, topic=one.topic, messages=one.messages, first_seen=one.first_seen,
                last_seen=one.last_seen, said=said.get(one.device, ()),
            )
            for one in unknown(conn, school)
        ],
        places=_choices(conn, school),
        steps=done,
    )  # fmt: skip


def _devices(conn: sa.Connection, school: str, now: datetime) -> list[TrustedDevice]:
    since: defaultdict[str, datetime | None] = defaultdict(lambda: None)
    for account in accounts.working(conn, now, school):
        if account.until is None:
            since[account.device] = account.made_at
    waiting = {one.device: one.expires_at for one in codes.waiting(conn, school, now)}
    query = sa.select(devices).where(devices.c.school == school, devices.c.retired_at.is_(None))
    found = [
        TrustedDevice(
            id=row.id, kind=row.kind, name_zh=row.name, name_en=row.name_en, parent=row.parent,
            enrolled_at=since[row.id], code_until=waiting.get(row.id),
        )
        for row in conn.execute(query.order_by(devices.c.id))
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.parent is not None, one.enrolled_at is not None, one.id))


def _choices(conn: sa.Connection, school: str) -> list[Choice]:
    columns = (places.c.id, places.c.name, places.c.name_en)
    rows = conn.execute(sa.select(*columns).where(places.c.school == school).order_by(places.c.id))
    return [Choice(id=row.id, name_zh=row.name, name_en=row.name_en) for row in rows]
