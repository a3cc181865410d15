"""Which places the school's eyes and ears cover, and which of them are blind now and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Literal

import msgspec
import sqlalchemy as sa

from alerts.tables import OPEN, alarms, rule_versions
from campus import changes
from devices import queries
from devices.queries import DeviceRow

WATCHING = frozenset({"camera", "sensor", "gate"})
AWAY = frozenset({"offline", "never_seen"})
Cover = Literal["blind", "partly", "watched"]
_ORDER: tuple[Cover, ...] = ("blind", "partly", "watched")
_TAMPER = '"camera.tamper"'


class Watcher(msgspec.Struct, frozen=True, kw_only=True):
    """A device that covers a place; ``trouble`` is why it does not do so now, empty when it does."""

    id: str
    kind: str
    name_zh: str
    name_en: str
    trouble: Literal["", "offline", "never_seen", "tampered"]
    since: datetime | None


class CoveredPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A place with what covers it; ``key`` when a camera, a gate or a ``covers`` of a device is about it."""

    place: str
    name_zh: str
    name_en: str
    cover: Cover
    key: bool
    watchers: tuple[Watcher, ...]


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """Every covered place, blind key areas first, and the drawn rooms and grounds that nothing covers."""

    seen: int
    now: datetime
    places: tuple[CoveredPlace, ...]
    bare: tuple[str, ...]


def coverage(conn: sa.Connection, school: str, now: datetime) -> Coverage:
    """The coverage of a school at ``now``."""
    seen = changes.last_id(conn)
    places = {one.id: one for one in queries.places(conn, school)}
    rows = queries.device_list(conn, school, now)
    tampered = _tampered(conn, school)
    covered = {
        place: tuple(_watcher(row, tampered) for row in watching)
        for place, watching in _by_place(rows).items()
        if place in places
    }
    explicit = {place for row in rows for place in row.device.covers}
    found = [
        CoveredPlace(
            place=id_, name_zh=places[id_].name, name_en=places[id_].name_en, cover=cover_of(watchers),
            key=id_ in explicit or any(one.kind in {"camera", "gate"} for one in watchers), watchers=watchers,
        )
        for id_, watchers in covered.items()
    ]  # fmt: skip
    found.sort(key=lambda one: (_ORDER.index(one.cover), not one.key, one.place))
    drawn = {one.id for one in places.values() if one.outline and one.kind in {"room", "outdoor", "gate"}}
    return Coverage(seen=seen, now=now, places=tuple(found), bare=tuple(sorted(drawn - covered.keys())))


def cover_of(watchers: Collection[Watcher]) -> Cover:
    """Blind when nothing that covers a place works, partly when some of it does not."""
    broken = sum(bool(one.trouble) for one in watchers)
    if broken == 0:
        return "watched"
    return "blind" if broken == len(watchers) else "partly"


def _by_place(rows: Collection[DeviceRow]) -> Mapping[str, list[DeviceRow]]:
    found: dict[str, list[DeviceRow]] = {}
    for row in rows:
        if row.device.kind in WATCHING:
            for place in dict.fromkeys((*row.device.covers, row.device.place or "")):
                found.setdefault(place, []).append(row)
    return found


def _watcher(row: DeviceRow, tampered: Mapping[str, datetime]) -> Watcher:
    device = row.device
    trouble: Literal["", "offline", "never_seen", "tampered"] = ""
    if row.state in AWAY:
        trouble = "offline" if row.state == "offline" else "never_seen"
    elif device.id in tampered:
        trouble = "tampered"
    return Watcher(
        id=device.id, kind=device.kind, name_zh=device.name, name_en=device.name_en, trouble=trouble,
        since=tampered[device.id] if trouble == "tampered" else row.since,
    )  # fmt: skip


def _tampered(conn: sa.Connection, school: str) -> dict[str, datetime]:
    """Cameras with an open alarm of a rule about tampering that still holds, and since when."""
    of_rule = (rule_versions.c.rule == alarms.c.rule) & (rule_versions.c.version == alarms.c.rule_version)
    query = sa.select(alarms.c.device, sa.func.min(alarms.c.began_at)).join(rule_versions, of_rule)
    mine = (alarms.c.school == school, alarms.c.active, sa.text(OPEN), alarms.c.device.is_not(None))
    rows = conn.execute(query.where(*mine, rule_versions.c.document.contains(_TAMPER)).group_by(alarms.c.device))
    return {device: began for device, began in rows}  # noqa: C416 - rows, not pairs
