"""The record of trust: each step is a row, and the newest row tells whether the broker's files are up to date."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec
import sqlalchemy as sa

from devices.trust.tables import trust_steps

What = Literal["code_made", "code_withdrawn", "enrolled", "renewed", "revoked", "ended", "adopted", "blocked"]


class TrustStep(msgspec.Struct, frozen=True):
    """One step: what was done for which device, when, by whom, and why or with what."""

    device: str
    what: What
    at: datetime
    by: str
    detail: str


def note(conn: sa.Connection, school: str, step: TrustStep) -> None:
    """Put a step on record."""
    detail = step.detail[:300]
    conn.execute(trust_steps.insert().values(school=school, **{**msgspec.structs.asdict(step), "detail": detail}))


def steps(conn: sa.Connection, school: str, device: str | None = None, limit: int = 100) -> list[TrustStep]:
    """What was done, for one device or for all, the newest first."""
    columns = [trust_steps.c[name] for name in TrustStep.__struct_fields__]
    query = sa.select(*columns).where(trust_steps.c.school == school).order_by(trust_steps.c.id.desc()).limit(limit)
    if device is not None:
        query = query.where(trust_steps.c.device == device)
    return [TrustStep(*row) for row in conn.execute(query)]


def newest(conn: sa.Connection) -> int:
    """The number of the last step of all; it moves with everything that concerns the broker's accounts."""
    return int(conn.execute(sa.select(sa.func.max(trust_steps.c.id))).scalar() or 0)
