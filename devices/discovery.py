"""Devices as targets of Prometheus: https://prometheus.io/docs/prometheus/latest/http_sd/."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from devices.ledger.tables import device_assets
from devices.tables import device_states, devices

_META = "__meta_campus_"


class Target(msgspec.Struct, frozen=True):
    """One target group of one address."""

    targets: tuple[str, ...]
    labels: dict[str, str]


def targets(conn: sa.Connection, school: str) -> list[Target]:
    """The devices in use whose ledger has an address, by id."""
    of_asset = (device_assets.c.school == devices.c.school) & (device_assets.c.device == devices.c.id)
    of_state = (device_states.c.school == devices.c.school) & (device_states.c.device == devices.c.id)
    query = (
        sa.select(
            devices.c.id, devices.c.kind, devices.c.name, devices.c.place, devices.c.parent, devices.c.model,
            device_assets.c.address, device_states.c.state,
        )
        .join(device_assets, of_asset)
        .outerjoin(device_states, of_state)
        .where(devices.c.school == school, devices.c.retired_at.is_(None), device_assets.c.address != "")
        .order_by(devices.c.id)
    )  # fmt: skip
    return [_target(school, row) for row in conn.execute(query)]


def _target(school: str, row: Any) -> Target:
    said = {
        "school": school, "device": row.id, "kind": row.kind, "name": row.name, "place": row.place or "",
        "parent": row.parent or "", "model": row.model, "state": row.state or "never_seen",
    }  # fmt: skip
    return Target((row.address,), {_META + key: value for key, value in said.items()})
