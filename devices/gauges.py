"""How many devices a school has by kind and state: few numbers, however many devices."""

from __future__ import annotations

import sqlalchemy as sa

from devices.tables import device_states, devices


def counts(conn: sa.Connection, school: str) -> dict[tuple[str, str], int]:
    """Devices in use by (kind, state)."""
    of_state = (device_states.c.school == devices.c.school) & (device_states.c.device == devices.c.id)
    state = sa.func.coalesce(device_states.c.state, "never_seen")
    query = (
        sa.select(devices.c.kind, state, sa.func.count())
        .select_from(devices)
        .outerjoin(device_states, of_state)
        .where(devices.c.school == school, devices.c.retired_at.is_(None))
        .group_by(devices.c.kind, state)
    )
    return {(kind, said): count for kind, said, count in conn.execute(query)}
