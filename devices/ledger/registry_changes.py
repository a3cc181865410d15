"""The history of the registry: every field that changed, what it was, what it is, when and by whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from devices.ledger.tables import registry_changes as table

Thing = Literal["device", "place"]
ADDED = "added"  # the field of the row that says that a thing came into the registry
_SILENT = frozenset({"school", "id", "device"})


class RegistryChange(msgspec.Struct, frozen=True, kw_only=True):
    """One field of one device or place that changed; None: there was, or is, no value."""

    key: str
    field: str
    old: str | None
    new: str | None
    at: datetime
    by: str


def note(
    conn: sa.Connection, school: str, thing: Thing, changes: Sequence[RegistryChange]
) -> None:  # fmt: skip
    """Keep ``changes``, in the caller's transaction."""
    if changes:
        rows = [{**msgspec.structs.asdict(one), "school": school, "thing": thing} for one in changes]
        conn.execute(table.insert(), rows)


def differences(
    key: str, old: Mapping[str, Any] | None, new: Mapping[str, Any], at: datetime, by: str
) -> list[RegistryChange]:
    """What differs from ``old`` to ``new``, a change for each field; one that says `ADDED` when there was nothing."""
    if old is None:
        return [RegistryChange(key=key, field=ADDED, old=None, new=_text(new.get("name", key)), at=at, by=by)]
    return [
        RegistryChange(key=key, field=field, old=_text(old[field]), new=_text(value), at=at, by=by)
        for field, value in new.items()
        if field not in _SILENT and field in old and old[field] != value
    ]


def history(conn: sa.Connection, school: str, thing: Thing, key: str, limit: int = 200) -> list[RegistryChange]:
    """The changes of one device or place, the newest first."""
    query = _select().where(table.c.school == school, table.c.thing == thing, table.c.key == key)
    rows = conn.execute(query.order_by(table.c.id.desc()).limit(limit)).mappings()
    return [RegistryChange(**row) for row in rows]


def last_id(conn: sa.Connection) -> int:
    """The id of the newest change of any school, 0 when there is none."""
    return conn.execute(sa.select(sa.func.max(table.c.id))).scalar() or 0


def since(conn: sa.Connection, school: str, after: int) -> list[RegistryChange]:
    """The changes of a school after the one with id ``after``, the oldest first."""
    query = _select().where(table.c.school == school, table.c.id > after).order_by(table.c.id)
    return [RegistryChange(**row) for row in conn.execute(query).mappings()]


def _select() -> sa.Select[Any]:
    return sa.select(*(table.c[field] for field in RegistryChange.__struct_fields__))


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
