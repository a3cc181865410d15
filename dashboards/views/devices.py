"""Devices as the facility manager sees them: what needs a person today, with the reason, before everything else."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec
import sqlalchemy as sa

from campus import changes
from campus.changes import Change
from devices import queries
from devices.health.finding import Finding
from devices.queries import DeviceDetail, DeviceRow
from devices.trust.quarantine import unknown

# Why a device needs a person, the most pressing first; consoles translate the code and say what to do.
Need = Literal[
    "offline", "flapping", "late", "quarantined", "unwell", "clock_off",
    "losing", "battery_low", "disk_low", "queue_long", "never_seen",
]  # fmt: skip
CLOCK_OFF_MS = 60_000
LOSING = 20  # messages that never came
BATTERY_LOW = 20.0  # percent
DISK_LOW = 0.1  # share that is free
UNWELL = 40  # a score of at most so much: it lies, is blind, or is wrong in several ways
QUEUE_LONG = 1000  # messages waiting at the device
_ORDER: tuple[Need, ...] = (
    "offline", "flapping", "late", "quarantined", "unwell", "clock_off",
    "losing", "battery_low", "disk_low", "queue_long", "never_seen",
)  # fmt: skip
_UNHEARD = frozenset({"offline", "never_seen"})  # nothing is known of how they are


class DeviceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One device of the list. ``gaps`` counts messages that never came; ``needs`` why a person is needed, if any.

    ``score`` (0 to 100, None: not judged yet, or not heard) and ``findings`` are those of the last ten minutes.
    """

    id: str
    kind: str
    name_zh: str
    name_en: str
    place: str | None
    place_zh: str
    place_en: str
    model: str
    parent: str | None
    x: float | None
    y: float | None
    state: str
    reason: str
    since: datetime | None
    last_seen: datetime | None
    gaps: int
    clock_offset_ms: int | None
    health: dict[str, float]
    score: int | None
    findings: tuple[Finding, ...]
    flapping: bool
    needs: tuple[Need, ...]


class DeviceList(msgspec.Struct, frozen=True, kw_only=True):
    """Every device of a school, worst first, then those in quarantine; ``seen`` is the newest change it holds."""

    seen: int
    now: datetime
    devices: tuple[DeviceLine, ...]


class DeviceFile(msgspec.Struct, frozen=True, kw_only=True):
    """One device with its history."""

    line: DeviceLine
    detail: DeviceDetail


def needs_of(row: DeviceRow, platform_hears: bool) -> tuple[Need, ...]:
    """Why a device needs a person today, the most pressing reason first; empty when it does not.

    A device behind a dead parent waits for the parent, and one never seen is no news while nothing is heard at all.
    """
    if row.state == "offline" and row.reason == "parent":
        return ()
    health = row.health
    found: dict[Need, bool] = {
        "offline": row.state == "offline",
        "flapping": row.flapping,
        "quarantined": False,
        "late": row.state == "late",
        "unwell": row.judged is not None and row.judged.score <= UNWELL,
        "clock_off": abs(row.clock_offset_ms or 0) >= CLOCK_OFF_MS,
        "losing": row.gaps >= LOSING,
        "battery_low": health.get("battery", 100.0) <= BATTERY_LOW,
        "disk_low": health.get("disk_free", 1.0) <= DISK_LOW,
        "queue_long": health.get("queue", 0.0) >= QUEUE_LONG,
        "never_seen": row.state == "never_seen" and platform_hears,
    }
    return tuple(need for need in _ORDER if found[need])


def line_of(row: DeviceRow, platform_hears: bool) -> DeviceLine:
    """A device as the list shows it."""
    device = row.device
    return DeviceLine(
        id=device.id,
        kind=device.kind,
        name_zh=device.name,
        name_en=device.name_en,
        place=device.place,
        place_zh=row.place_name,
        place_en=row.place_name_en,
        model=device.model,
        parent=device.parent,
        x=device.x,
        y=device.y,
        state=row.state,
        reason=row.reason,
        since=row.since,
        last_seen=row.last_seen,
        gaps=row.gaps,
        clock_offset_ms=row.clock_offset_ms,
        health=row.health,
        score=row.judged.score if row.judged and row.state not in _UNHEARD else None,
        findings=row.judged.findings if row.judged else (),
        flapping=row.flapping,
        needs=needs_of(row, platform_hears),
    )


def lines(
    conn: sa.Connection, school: str, now: datetime, only: Collection[str] | None = None
) -> tuple[DeviceLine, ...]:
    """Every device in use, or ``only`` some; those that need a person first."""
    hears = queries.any_heard(conn, school)
    found = [line_of(row, hears) for row in queries.device_list(conn, school, now, only)]
    return tuple(sorted(found, key=lambda line: _ORDER.index(line.needs[0]) if line.needs else len(_ORDER)))


def filtered(found: Sequence[DeviceLine], search: str, kind: str, state: str) -> list[DeviceLine]:
    """The lines a filter lets through, as the page's script does; state ``needs``: what needs a person."""
    words = search.strip().lower()
    return [
        line
        for line in found
        if words in " ".join((line.id, line.name_zh, line.name_en, line.place_zh, line.place_en, line.model)).lower()
        and kind in ("", line.kind)
        and _in_state(line, state)
    ]


def _in_state(line: DeviceLine, state: str) -> bool:
    return state in ("", line.state) or {"needs": bool(line.needs), "flapping": line.flapping}.get(state, False)


def strangers(conn: sa.Connection, school: str) -> tuple[DeviceLine, ...]:
    """The devices in quarantine as lines: they speak, are in no registry, and somebody has to decide about them."""
    return tuple(
        DeviceLine(
            id=one.device, kind="", name_zh=one.device, name_en=one.device, place=None, place_zh="", place_en="",
            model="", parent=None, x=None, y=None, state="quarantined", reason="quarantined", since=one.first_seen,
            last_seen=one.last_seen, gaps=0, clock_offset_ms=None, health={}, score=None, findings=(), flapping=False,
            needs=("quarantined",),
        )
        for one in unknown(conn, school)
    )  # fmt: skip


def device_list(conn: sa.Connection, school: str, now: datetime) -> DeviceList:
    """The list, strangers last, with the id of the newest change it holds."""
    seen = changes.last_id(conn)
    return DeviceList(seen=seen, now=now, devices=(*lines(conn, school, now), *strangers(conn, school)))


def device_file(conn: sa.Connection, school: str, device: str, now: datetime) -> DeviceFile:
    """One device; raises `NotFound`."""
    detail = queries.device_detail(conn, school, device, now)
    return DeviceFile(line=line_of(detail.row, platform_hears=True), detail=detail)


def lines_changed(conn: sa.Connection, school: str, found: Sequence[Change], now: datetime) -> Mapping[str, DeviceLine]:
    """The lines that device changes are about, by device id; read together, however many."""
    return {line.id: line for line in lines(conn, school, now, {change.key for change in found})}
