"""The registry: which devices exist, where they are, and a cache of it for every message that comes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from campus import db
from campus.envelope import Source
from campus.errors import NotFound
from devices.tables import device_outages, device_states, devices, registry_versions

KINDS = ("camera", "gate", "lab", "headset", "sensor", "agent")


class Device(msgspec.Struct, frozen=True):
    """A thing that exists. ``covers`` are place ids; ``x``, ``y`` its position on the plan (1000 x 640), if known."""

    id: str
    school: str
    kind: str
    name: str
    name_en: str
    place: str | None = None
    parent: str | None = None
    model: str = ""
    covers: tuple[str, ...] = ()
    x: float | None = None
    y: float | None = None


class Registry:
    """The devices of the schools that this program ``serves`` (default: every school).

    `source`, `parent`, `children` and `depth` are dictionary look-ups. `refresh` loads what changed since; the first
    look-up loads by itself.
    """

    def __init__(self, engine: sa.Engine, serves: Callable[[str], bool] = lambda _school: True) -> None:
        self._engine = engine
        self._serves = serves
        self._versions: dict[str, int] | None = None
        self._sources: dict[tuple[str, str], Source] = {}
        self._parents: dict[tuple[str, str], str] = {}
        self._children: dict[tuple[str, str], tuple[str, ...]] = {}

    def source(self, school: str, device: str) -> Source | None:
        """The device as the pipeline needs it, or None when it is in no registry or retired."""
        if self._versions is None:
            with db.read(self._engine) as conn:
                self.refresh(conn)
        return self._sources.get((school, device))

    def schools(self) -> list[str]:
        """The schools with devices that this program serves."""
        return sorted(self._versions or {})

    @property
    def versions(self) -> dict[str, int]:
        """The version of each school's devices as last loaded; it moves with every change."""
        return dict(self._versions or {})

    def parent(self, school: str, device: str) -> str | None:
        """The device through which this one reaches the platform."""
        return self._parents.get((school, device))

    def children(self, school: str, device: str) -> tuple[str, ...]:
        """The devices that reach the platform through this one."""
        return self._children.get((school, device), ())

    def behind(self, school: str, device: str) -> int:
        """How many devices reach the platform through this one, directly or not."""
        below = self.children(school, device)
        return len(below) + sum(self.behind(school, child) for child in below)

    def depth(self, school: str, device: str) -> int:
        """How many devices stand between this one and the platform; imports refuse circles."""
        depth = 0
        above = self.parent(school, device)
        while above is not None:
            depth += 1
            above = self.parent(school, above)
        return depth

    def refresh(self, conn: sa.Connection) -> bool:
        """Load the schools whose devices changed since the last look; return whether any did."""
        rows = conn.execute(sa.select(registry_versions.c.school, registry_versions.c.version))
        versions = {school: version for school, version in rows if self._serves(school)}
        known = self._versions or {}
        changed = [school for school, version in versions.items() if known.get(school) != version]
        for school in changed:
            self._load(conn, school)
        self._versions = versions
        return bool(changed)

    def get(self, conn: sa.Connection, school: str, device: str) -> Device:
        """One device; raises `NotFound`."""
        row = conn.execute(_select(school).where(devices.c.id == device)).first()
        if row is None:
            raise NotFound(f"no device {device!r} at {school!r}; see the device list for its id")
        return _device(row)

    def all(self, conn: sa.Connection, school: str) -> list[Device]:
        """Every device of a school that is not retired, by id."""
        return [_device(row) for row in conn.execute(_select(school).order_by(devices.c.id))]

    def _load(self, conn: sa.Connection, school: str) -> None:
        for index in (self._sources, self._parents, self._children):
            for key in [key for key in index if key[0] == school]:
                del index[key]
        found = self.all(conn, school)
        ids = {device.id for device in found}
        children: dict[str, list[str]] = defaultdict(list)
        for device in found:
            self._sources[school, device.id] = Source(school, device.id, device.kind, device.place)
            if device.parent in ids and device.parent is not None:
                self._parents[school, device.id] = device.parent
                children[device.parent].append(device.id)
        for parent, below in children.items():
            self._children[school, parent] = tuple(below)


def retire(conn: sa.Connection, school: str, device: str, now: datetime) -> None:
    """Take a device out of use: it keeps its history and is no longer listened to; raises `NotFound`."""
    this = (devices.c.school == school) & (devices.c.id == device) & devices.c.retired_at.is_(None)
    if conn.execute(devices.update().where(this).values(retired_at=now)).rowcount == 0:
        raise NotFound(f"no device {device!r} in use at {school!r}; see the device list for its id")
    # Should it ever come back, it starts anew: it is not silent, it was never heard.
    state = (device_states.c.school == school) & (device_states.c.device == device)
    conn.execute(device_states.delete().where(state))
    lasting = (device_outages.c.device == device) & device_outages.c.ended_at.is_(None)
    conn.execute(device_outages.update().where(device_outages.c.school == school, lasting).values(ended_at=now))
    mark_changed(conn, school)


def mark_changed(conn: sa.Connection, school: str) -> None:
    """Tell running programs that the devices of ``school`` changed; their registries reload within a second."""
    db.upsert(registry_versions, conn, [{"school": school, "version": 0}], ["school"], [])
    this = registry_versions.c.school == school
    conn.execute(registry_versions.update().where(this).values(version=registry_versions.c.version + 1))


def _select(school: str) -> sa.Select[Any]:
    columns = [devices.c[field] for field in Device.__struct_fields__]
    return sa.select(*columns).where(devices.c.school == school, devices.c.retired_at.is_(None))


def _device(row: sa.Row[Any]) -> Device:
    values = dict(row._mapping)
    return Device(**{**values, "covers": tuple(values["covers"].split())})
