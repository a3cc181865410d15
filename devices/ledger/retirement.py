"""Taking a device out of use: no longer listened to, its accounts ended, its history kept, who did it on record."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from devices.ledger import registry_changes
from devices.ledger.registry_changes import RegistryChange
from devices.registry import retire
from devices.trust import accounts


def take_out(conn: sa.Connection, school: str, device: str, by: str, now: datetime, why: str) -> None:
    """Retire ``device`` and end its accounts at the broker; raises `NotFound` for one that is not in use."""
    retire(conn, school, device, now)
    accounts.revoke(conn, school, device, by, now, f"retired: {why}"[:300])
    noted = RegistryChange(key=device, field="retired_at", old=None, new=why, at=now, by=by)
    registry_changes.note(conn, school, "device", [noted])
