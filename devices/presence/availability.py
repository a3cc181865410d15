"""Availability by month against a target, mean time between failures and to repair, from a device's outages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

import msgspec
import sqlalchemy as sa

from campus.errors import NotFound
from devices.tables import device_outages, device_transitions, devices
from devices.upkeep.tickets import repairs

# Two nines and a half: under four hours away in a month. Our own choice, no standard asks it.
TARGET = 0.995


class Away(msgspec.Struct, frozen=True):
    """A time in which nothing was heard; ``end`` is None while it lasts."""

    start: datetime
    end: datetime | None


class Month(msgspec.Struct, frozen=True):
    """One month, or the part of it that the device has lived through; ``share`` is between 0 and 1."""

    month: str  # "2026-09"
    share: float
    away_s: float
    failures: int
    meets_target: bool


class Record(msgspec.Struct, frozen=True):
    """How dependable a device is.

    ``mtbf_s`` is the time it was up for each failure, ``mttr_s`` the mean length of outages that ended; both in
    seconds, None when nothing failed, or nothing was repaired yet. A device never heard has no months.
    """

    target: float
    months: tuple[Month, ...]
    failures: int
    mtbf_s: float | None
    mttr_s: float | None
    repaired: int = 0  # failures that silenced nothing: repairs by ticket outside of every outage


def record(
    first_heard: datetime | None, aways: Sequence[Away], now: datetime, zone: tzinfo, target: float = TARGET,
    tickets: Sequence[Away] = (),
) -> Record:  # fmt: skip
    """The record from ``first_heard`` to ``now``; months are those of ``zone``, the newest first.

    MTBF and MTTR as in IEC 60050-192: up time by failures, and down time by repairs. ``tickets`` are those that were
    done, from opening to done; one that touches an outage is that outage, any other is a failure of its own.
    """
    if first_heard is None or first_heard >= now:
        return Record(target, (), 0, None, None)
    lone = [one for one in tickets if one.end and one.end <= now and not any(_touch(one, away, now) for away in aways)]
    over = [*(away for away in aways if away.end and away.end <= now), *lone]
    ended = [(away.end - away.start).total_seconds() for away in over if away.end]
    failures = len(aways) + len(lone)
    up = (now - first_heard).total_seconds() - _away_s(aways, first_heard, now, now)
    return Record(
        target=target,
        months=tuple(_month(start, end, aways, now, target) for start, end in _months(first_heard, now, zone)),
        failures=failures,
        mtbf_s=up / failures if failures else None,
        mttr_s=sum(ended) / len(ended) if ended else None,
        repaired=len(lone),
    )


def record_of(conn: sa.Connection, school: str, device: str, now: datetime, zone: tzinfo, months: int = 12) -> Record:
    """The record of a device over at most ``months`` months; raises `NotFound`."""
    found = records_of(conn, school, now, zone, months, device)
    if device not in found:
        raise NotFound(f"no device {device!r} at {school!r}; see the device list for its id")
    return found[device]


def records_of(
    conn: sa.Connection, school: str, now: datetime, zone: tzinfo, months: int = 12, device: str | None = None
) -> dict[str, Record]:
    """The record of every device of a school, or of one, as `record_of` gives it."""
    since = _months_back(now, zone, months)
    known = sa.select(devices.c.id).where(*_of(devices.c.id, devices, school, device))
    heard = _first_heard(conn, school, device)
    aways = _aways(conn, school, since, now, device)
    repaired = defaultdict[str, list[Away]](list)
    for of, opened, done in repairs(conn, school, since, device):
        repaired[of].append(Away(opened, done))
    made = {}
    for one in conn.execute(known).scalars():
        first = max(heard[one], since) if one in heard else None
        own = [away for away in aways[one] if first and (away.end is None or away.end > first)]
        mended = [away for away in repaired[one] if first and away.end and away.end > first]
        made[one] = record(first, own, now, zone, tickets=mended)
    return made


def _first_heard(conn: sa.Connection, school: str, device: str | None) -> dict[str, datetime]:
    table = device_transitions
    here = (*_of(table.c.device, table, school, device), table.c.old == "never_seen")
    query = sa.select(table.c.device, sa.func.min(table.c.at)).where(*here).group_by(table.c.device)
    return {row[0]: row[1] for row in conn.execute(query)}


def _aways(
    conn: sa.Connection, school: str, since: datetime, now: datetime, device: str | None
) -> dict[str, list[Away]]:
    """Outages that began before ``now`` and were not over at ``since``, by device, in order of time."""
    table = device_outages
    lasting = table.c.ended_at.is_(None) | (table.c.ended_at > since)
    here = (*_of(table.c.device, table, school, device), lasting, table.c.started_at < now)
    query = sa.select(table.c.device, table.c.started_at, table.c.ended_at).where(*here).order_by(table.c.started_at)
    found = defaultdict[str, list[Away]](list)
    for of, start, end in conn.execute(query):
        found[of].append(Away(start, end))
    return found


def month_end(month: str, zone: tzinfo) -> datetime:
    """The end of ``month`` ("2026-09") in ``zone``; raises `NotFound` for text that is no month."""
    return (month_begin(month, zone) + timedelta(days=32)).replace(day=1)


def month_begin(month: str, zone: tzinfo) -> datetime:
    """The begin of ``month`` ("2026-09") in ``zone``; raises `NotFound` for text that is no month."""
    try:
        return datetime.strptime(month, "%Y-%m").replace(tzinfo=zone)
    except ValueError:
        raise NotFound(f"{month!r} is no month; write it as 2026-09") from None


def _touch(one: Away, other: Away, now: datetime) -> bool:
    return one.start < (other.end or now) and other.start < (one.end or now)


def _of(name: sa.Column[Any], table: sa.Table, school: str, device: str | None) -> list[sa.ColumnElement[bool]]:
    """The rows of a school, or of one device of it."""
    return [table.c.school == school, *([] if device is None else [name == device])]


def _month(start: datetime, end: datetime, aways: Sequence[Away], now: datetime, target: float) -> Month:
    away_s = _away_s(aways, start, end, now)
    share = 1 - away_s / (end - start).total_seconds()
    failures = sum(start <= away.start < end for away in aways)
    return Month(start.strftime("%Y-%m"), share, away_s, failures, share >= target)


def _away_s(aways: Sequence[Away], start: datetime, end: datetime, now: datetime) -> float:
    parts = (min(away.end or now, end) - max(away.start, start) for away in aways)
    return sum(part.total_seconds() for part in parts if part > timedelta(0))


def _months(first: datetime, now: datetime, zone: tzinfo) -> list[tuple[datetime, datetime]]:
    """Start and end of each month from ``first`` to ``now``, cut to these, the newest first."""
    found: list[tuple[datetime, datetime]] = []
    end = now.astimezone(zone)
    while end > first:
        # Just before ``end``, because an end at midnight belongs to the month that it closes.
        begun = (end - timedelta(microseconds=1)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        found.append((max(begun, first.astimezone(zone)), end))
        end = begun
    return found


def _months_back(now: datetime, zone: tzinfo, months: int) -> datetime:
    local = (now - timedelta(microseconds=1)).astimezone(zone)  # midnight belongs to the month that it closes
    local = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    count = local.year * 12 + local.month - 1 - (months - 1)
    return local.replace(year=count // 12, month=count % 12 + 1)
