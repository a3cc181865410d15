"""One school in numbers for its head and the bureau: attendance, devices, alarms; never a student."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from alerts.life import queries as alerts
from alerts.life.queries import AlarmRow
from alerts.rules.rule import Bilingual
from attendance.reports.school_day import ClassSummary, school_day_summary
from attendance.rollbook import RollBook, SiteCount
from campus import changes
from dashboards.city.hiding import hide
from dashboards.views.devices import DeviceLine, lines

OPEN_SHOWN = 12


class AlarmBrief(msgspec.Struct, frozen=True, kw_only=True):
    """An open alarm without its subject: what and how bad, since when, in what state."""

    title: Bilingual
    severity: str
    state: str
    raised_at: datetime


class DeviceCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many devices of a kind there are, how many are heard, and how many need a person."""

    kind: str
    total: int
    heard: int
    needy: int


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """The day of a school in numbers; ``seen`` is the newest change it holds."""

    seen: int
    now: datetime
    site: SiteCount
    classes: tuple[ClassSummary, ...]
    alarms: tuple[AlarmBrief, ...]
    alarms_open: dict[str, int]
    alarms_today: int
    devices: tuple[DeviceCount, ...]


def overview(conn: sa.Connection, school: str, zone: ZoneInfo, now: datetime) -> Overview:
    """The overview of a school at ``now``."""
    seen = changes.last_id(conn)
    today = now.astimezone(zone).date()
    is_open = [row for row in alerts.open_alarms(conn, school) if row.state != "shelved"]
    raised = alerts.recent(conn, school, limit=500)
    return Overview(
        seen=seen,
        now=now,
        site=RollBook(zone).on_site(conn, school),
        classes=tuple(school_day_summary(conn, school, today)),
        alarms=tuple(_brief(row) for row in is_open[:OPEN_SHOWN]),
        alarms_open=dict(Counter(row.severity for row in is_open)),
        alarms_today=sum(row.raised_at.astimezone(zone).date() == today for row in raised),
        devices=_count(lines(conn, school, now)),
    )


def _brief(row: AlarmRow) -> AlarmBrief:
    return AlarmBrief(title=row.title, severity=row.severity, state=row.state, raised_at=row.raised_at)


def _count(found: tuple[DeviceLine, ...]) -> tuple[DeviceCount, ...]:
    kinds = sorted({line.kind for line in found})
    return tuple(
        DeviceCount(
            kind=kind,
            total=sum(line.kind == kind for line in found),
            heard=sum(line.kind == kind and line.state in {"online", "late", "sleeping"} for line in found),
            needy=sum(line.kind == kind and bool(line.needs) for line in found),
        )
        for kind in kinds
    )


def veiled(found: Overview, least: int) -> Overview:
    """The overview as the bureau sees it: small classes, and as many others as hide them, as one row without a name."""
    sizes = {one.class_id: one.enrolled for one in found.classes}
    hidden = hide({"": sizes}, least)
    if hidden.districts:
        return msgspec.structs.replace(found, classes=())
    shown = tuple(one for one in found.classes if one.class_id not in hidden.schools)
    few = [one for one in found.classes if one.class_id in hidden.schools]
    return msgspec.structs.replace(found, classes=(*shown, *([_together(few)] if few else ())))


def _together(classes: Sequence[ClassSummary]) -> ClassSummary:
    counted = ("enrolled", "present", "late", "absent", "on_leave", "unknown", "open")
    sums = {name: sum(getattr(one, name) for one in classes) for name in counted}
    return msgspec.structs.replace(classes[0], class_id="", title="", grade="", session=None, state=None, **sums)
