"""The last judgement of each device, kept for lists; and whose turn it is to be judged again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from campus import db
from devices.health.finding import Finding, Health
from devices.health.tables import device_judgements as kept
from devices.tables import device_states, devices

_findings = msgspec.json.Decoder(tuple[Finding, ...])


class Turn(msgspec.Struct, frozen=True):
    """A device that is to be judged, and when it last was with what was found."""

    school: str
    device: str
    judged_at: datetime | None
    health: Health | None


def keep(conn: sa.Connection, found: Mapping[str, Mapping[str, Health]], now: datetime) -> None:
    """Keep what was found, by school and device."""
    rows = [
        {
            "school": school, "device": device, "judged_at": now, "score": health.score,
            "findings": msgspec.json.encode(health.findings).decode(),
        }
        for school, judged in found.items()
        for device, health in judged.items()
    ]  # fmt: skip
    db.upsert(kept, conn, rows, ["school", "device"], ["judged_at", "score", "findings"])


def whose_turn(conn: sa.Connection, schools: Sequence[str], before: datetime, most: int) -> list[Turn]:
    """Those in use that were not judged since ``before``: never judged first, then the longest; schools together."""
    same = (kept.c.school == devices.c.school) & (kept.c.device == devices.c.id)
    query = (
        sa.select(devices.c.school, devices.c.id, kept.c.judged_at, kept.c.score, kept.c.findings)
        .outerjoin(kept, same)
        .where(devices.c.school.in_(schools), devices.c.retired_at.is_(None))
        .where(kept.c.judged_at.is_(None) | (kept.c.judged_at <= before))
        .order_by(kept.c.judged_at.is_not(None), kept.c.judged_at, devices.c.school, devices.c.id)
    )
    rows = conn.execute(query.limit(most))
    return [Turn(row.school, row.id, row.judged_at, health_of(row.score, row.findings)) for row in rows]


def clock_offsets(conn: sa.Connection, school: str, of: Sequence[str]) -> dict[str, int]:
    """How far off (ms) the clocks of the devices ``of`` are that are heard now."""
    table = device_states
    query = sa.select(table.c.device, table.c.clock_offset_ms).where(table.c.school == school, table.c.device.in_(of))
    query = query.where(table.c.state == "online", table.c.clock_offset_ms.is_not(None))
    return {device: offset for device, offset in conn.execute(query)}  # noqa: C416 - rows, not pairs


def health_of(score: int | None, findings: str | None) -> Health | None:
    """The health of a row's cells; None for a device that was not judged yet."""
    return None if score is None or findings is None else Health(score, _findings.decode(findings))
