"""What is known of each device: rows of the database, remembered in memory between transactions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from campus.clock import to_ms
from devices.presence.presence import Reason, State
from devices.presence.trail import Trail
from devices.tables import device_states

Key = tuple[str, str]  # school, device
# SQLite takes 32,766 parameters in a statement, PostgreSQL 65,535.
_LOAD_AT_ONCE = 500


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of one device, the presence concluded from them, and when to look again.

    ``silent_from`` is the start of an outage that lasts, ``excused_until`` the moment before which a child of a
    returned parent is not given up; ``clock_offset_ms`` is the device's clock minus ours.
    """

    school: str
    device: str
    state: State = "never_seen"
    reason: Reason = "never heard"
    since: datetime | None = None
    next_check_at: datetime | None = None
    heard_at: datetime | None = None
    said: str = ""
    said_at: datetime | None = None
    excused_until: datetime | None = None
    silent_from: datetime | None = None
    trail: Trail = Trail()
    clock_offset_ms: int | None = None
    health: dict[str, float] = {}
    agent: str = ""
    config: int = 0

    @property
    def key(self) -> Key:
        """School and device."""
        return self.school, self.device


_TRAIL = Trail.__struct_fields__
_OWN = tuple(field for field in Known.__struct_fields__ if field != "trail")
_missing = msgspec.json.Decoder(tuple[tuple[int, int], ...])
_health = msgspec.json.Decoder(dict[str, float])
_encode = msgspec.json.Encoder().encode

_this = (device_states.c.school == sa.bindparam("of_school")) & (device_states.c.device == sa.bindparam("of_device"))
# The statement of the hot path: a device that is known to be online was heard again. It touches no index.
# One statement for the batch: an executemany gives up the GIL at every row and must win it back from busy threads.
_UPDATE_HEARD = {
    "sqlite": sa.text(
        "UPDATE device_states SET heard_at = json_extract(j.value, '$[2]'), seq = json_extract(j.value, '$[3]'), "
        "clock_offset_ms = json_extract(j.value, '$[4]') FROM json_each(:news) AS j "
        "WHERE school = json_extract(j.value, '$[0]') AND device = json_extract(j.value, '$[1]')"
    ),
    "postgresql": sa.text(
        "UPDATE device_states SET heard_at = (j ->> 2)::bigint, seq = (j ->> 3)::bigint, "
        "clock_offset_ms = (j ->> 4)::bigint FROM json_array_elements(CAST(:news AS json)) AS j "
        "WHERE school = j ->> 0 AND device = j ->> 1"
    ),
}
_POSTPONE = device_states.update().where(_this).values(next_check_at=sa.bindparam("next_at"))
_ALL = tuple(column.name for column in device_states.c if column.name not in {"school", "device"})
_UPDATE_ALL = device_states.update().where(_this).values({name: sa.bindparam("new_" + name) for name in _ALL})


class States:
    """The known devices, loaded when first asked for.

    One program writes a school's rows, so what was committed can be kept. Changes of the running transaction are held
    apart until `committed`, and dropped by `rolled_back`.
    """

    def __init__(self) -> None:
        self._kept: dict[Key, Known] = {}
        self._fresh: dict[Key, Known] = {}

    def load(self, conn: sa.Connection, keys: Iterable[Key]) -> None:
        """Make `get` know ``keys``; one query for those not in memory yet."""
        absent = [key for key in keys if key not in self._kept and key not in self._fresh]
        for start in range(0, len(absent), _LOAD_AT_ONCE):
            some = absent[start : start + _LOAD_AT_ONCE]
            of_some = sa.tuple_(device_states.c.school, device_states.c.device).in_(some)
            for row in conn.execute(sa.select(device_states).where(of_some)):
                known = from_row(row)
                self._kept[known.key] = known

    def get(self, key: Key) -> Known | None:
        """A device that was loaded; None when it has no row."""
        return self._fresh.get(key) or self._kept.get(key)

    def due(self, conn: sa.Connection, schools: Sequence[str], now: datetime, limit: int) -> list[Key]:
        """The devices of ``schools`` whose moment has come, the longest due first."""
        is_due = device_states.c.next_check_at <= now
        query = sa.select(device_states.c.school, device_states.c.device).where(is_due)
        query = query.where(device_states.c.school.in_(schools))
        rows = conn.execute(query.order_by(device_states.c.next_check_at).limit(limit))
        return [(school, device) for school, device in rows]

    def write_heard(self, conn: sa.Connection, news: Sequence[Known]) -> None:
        """Write only that devices were heard again: when, up to which number, how far off their clock is."""
        if news:
            rows = _encode([_heard(known) for known in news]).decode()
            conn.execute(_UPDATE_HEARD[conn.dialect.name], {"news": rows})
            self._fresh.update((known.key, known) for known in news)

    def write(self, conn: sa.Connection, news: Sequence[Known]) -> None:
        """Write everything that is known of devices."""
        if news:
            conn.execute(_UPDATE_ALL, [_parameters(known) for known in news])
            self._fresh.update((known.key, known) for known in news)

    def postpone(self, conn: sa.Connection, news: Sequence[Known]) -> None:
        """Write only the next moment to look at devices."""
        if news:
            rows = [{"of_school": k.school, "of_device": k.device, "next_at": k.next_check_at} for k in news]
            conn.execute(_POSTPONE, rows)
            self._fresh.update((known.key, known) for known in news)

    def claim(self, conn: sa.Connection, seen: Known) -> bool:
        """Take a due row: of all who saw it due, one wins, so that what follows happens once."""
        won = conn.execute(
            device_states.update()
            .where(device_states.c.school == seen.school, device_states.c.device == seen.device)
            .where(device_states.c.next_check_at == seen.next_check_at, device_states.c.state == seen.state)
            .values(next_check_at=None)
        )
        return won.rowcount == 1

    def forget(self) -> None:
        """Drop the memory: the rows may have been changed from outside."""
        self._kept.clear()

    def committed(self) -> None:
        """What was written is durable."""
        self._kept.update(self._fresh)
        self._fresh.clear()

    def rolled_back(self) -> None:
        """What was written did not happen."""
        self._fresh.clear()


def health_of(text: str | None) -> dict[str, float]:
    """A device's own word on its health, as `device_states` keeps it; nothing of a device without a row."""
    return _health.decode(text) if text else {}


def create(school: str, device: str) -> dict[str, Any]:
    """The row of a device that was never heard."""
    return _columns(Known(school=school, device=device))


def from_row(row: sa.Row[Any]) -> Known:
    """The known device of a row that has the columns of `device_states`."""
    values = row._mapping
    own: dict[str, Any] = {name: values[name] for name in _OWN}
    trail: dict[str, Any] = {name: values[name] for name in _TRAIL}
    trail["missing"] = _missing.decode(values["missing"])
    own["health"] = _health.decode(values["health"])
    return Known(**own, trail=Trail(**trail))


def _columns(known: Known) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(known, name) for name in _OWN}
    values.update((name, getattr(known.trail, name)) for name in _TRAIL)
    values["missing"] = _encode(known.trail.missing).decode()
    values["health"] = _encode(known.health).decode()
    return values


def _parameters(known: Known) -> dict[str, Any]:
    columns = _columns(known)
    parameters = {"new_" + name: columns[name] for name in _ALL}
    return {**parameters, "of_school": known.school, "of_device": known.device}


def _heard(known: Known) -> tuple[str, str, int | None, int, int | None]:
    heard_at = None if known.heard_at is None else to_ms(known.heard_at)
    return known.school, known.device, heard_at, known.trail.seq, known.clock_offset_ms
