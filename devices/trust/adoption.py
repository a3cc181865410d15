"""Adoption: what spoke without being in the registry becomes a device, or is put aside as none of ours."""

from __future__ import annotations

from datetime import datetime

import msgspec
import sqlalchemy as sa

from campus import db
from campus.errors import Conflict, NotFound
from devices.presence import states
from devices.registry import KINDS, mark_changed
from devices.tables import device_states, devices, places, unknown_devices
from devices.trust.quarantine import release
from devices.trust.steps import TrustStep, note


class Adoption(msgspec.Struct, frozen=True, kw_only=True):
    """What a stranger is to be: its kind, its names, where it stands and through what it speaks."""

    kind: str
    name: str
    name_en: str = ""
    place: str | None = None
    parent: str | None = None


def adopt(conn: sa.Connection, school: str, device: str, said: Adoption, by: str, now: datetime) -> None:
    """Put a device of the quarantine into the registry.

    What it sent before stays among the dead letters: nobody had said that it was to be believed. Raises `NotFound` for
    a device, place or parent that is not there, `Conflict` for a kind nobody knows or an id that is taken.
    """
    _known(conn, school, device)
    if said.kind not in KINDS:
        raise Conflict(f"there is no kind {said.kind!r}; use one of {', '.join(KINDS)}")
    _refuse_unknown(conn, places, school, said.place, "place")
    _refuse_unknown(conn, devices, school, said.parent, "device")
    row = {
        "school": school, "id": device, "kind": said.kind, "name": said.name, "name_en": said.name_en or said.name,
        "place": said.place, "parent": said.parent, "model": "", "covers": "", "retired_at": None,
    }  # fmt: skip
    there = conn.execute(
        sa.select(devices.c.retired_at).where(devices.c.school == school, devices.c.id == device)
    ).first()
    if there is not None and there.retired_at is None:
        raise Conflict(f"{device!r} is in the registry already")
    db.upsert(devices, conn, [row], ["school", "id"], [key for key in row if key not in {"school", "id"}])
    db.upsert(device_states, conn, [states.create(school, device)], ["school", "device"], [])
    release(conn, school, [device])
    mark_changed(conn, school)
    note(conn, school, TrustStep(device, "adopted", now, by, said.kind))


def block(conn: sa.Connection, school: str, device: str, by: str, now: datetime, why: str) -> None:
    """Put a stranger aside: it stays refused and counted, and is no longer asked about. Raises `NotFound`."""
    _known(conn, school, device)
    this = (unknown_devices.c.school == school) & (unknown_devices.c.device == device)
    conn.execute(unknown_devices.update().where(this).values(blocked_at=now))
    note(conn, school, TrustStep(device, "blocked", now, by, why))


def _known(conn: sa.Connection, school: str, device: str) -> None:
    this = (unknown_devices.c.school == school) & (unknown_devices.c.device == device)
    if conn.execute(sa.select(unknown_devices.c.device).where(this)).first() is None:
        raise NotFound(f"no device {device!r} is in the quarantine of {school!r}")


def _refuse_unknown(conn: sa.Connection, table: sa.Table, school: str, wanted: str | None, what: str) -> None:
    if wanted is None:
        return
    this = (table.c.school == school) & (table.c.id == wanted)
    if conn.execute(sa.select(table.c.id).where(this)).first() is None:
        raise NotFound(f"no {what} {wanted!r} at {school!r}")
