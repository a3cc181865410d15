"""The platform's own health for its administrator: what waits, what could not be used, who looked at whom."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from alerts.life.queries import DisabledEndpoint, disabled_endpoints
from attendance.tables import teachers as roster_teachers
from campus.errors import Unavailable
from campus.series.store import SeriesStore
from campus.tables import dead_letters, series_spool
from dashboards.access import accounts, audit, sessions
from dashboards.access.accounts import Account
from dashboards.access.audit import AccessEntry
from devices.queries import device_list
from devices.trust.quarantine import UnknownDevice, unknown

SHOWN = 50
_PAYLOAD_SHOWN = 200


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A message that could not be used, why, and how often it came; ``payload`` is its beginning as text."""

    id: int
    at: datetime
    last_at: datetime
    times: int
    topic: str
    reason: str
    detail: str
    payload: str


class Spool(msgspec.Struct, frozen=True, kw_only=True):
    """Readings that wait for the series store: batches, and since when the oldest."""

    batches: int
    oldest: datetime | None


class AccountLine(msgspec.Struct, frozen=True, kw_only=True):
    """An account with how many sessions are open and when the last one began."""

    id: str
    login: str
    name: str
    role: str
    district: str | None  # the only one that it sees; None: no limit
    disabled: bool
    sessions: int
    last_sign_in: datetime | None


class Teacher(msgspec.Struct, frozen=True):
    """A teacher of the roster."""

    id: str
    name: str


class Platform(msgspec.Struct, frozen=True, kw_only=True):
    """The health of the platform. ``series_problem`` is empty when the store of readings answers."""

    now: datetime
    heard_at: datetime | None
    spool: Spool
    series_problem: str
    dead_letters: tuple[DeadLetter, ...]
    dead_today: int
    dead_reasons: dict[str, int]
    unknown_devices: tuple[UnknownDevice, ...]
    disabled_endpoints: tuple[DisabledEndpoint, ...]
    accounts: tuple[AccountLine, ...]
    access: tuple[AccessEntry, ...]


def platform(conn: sa.Connection, store_problem: str, school: str, now: datetime, wall: datetime) -> Platform:
    """The platform's health at ``now`` (its own clock) and ``wall`` (that of sessions)."""
    heard = [row.last_seen for row in device_list(conn, school, now) if row.last_seen is not None]
    since = now - timedelta(days=1)
    reasons = {row.reason: int(row.number) for row in conn.execute(_reasons(since))}
    return Platform(
        now=now,
        heard_at=max(heard, default=None),
        spool=_spool(conn),
        series_problem=store_problem,
        dead_letters=_dead_letters(conn),
        dead_today=sum(reasons.values()),
        dead_reasons=reasons,
        unknown_devices=tuple(unknown(conn, school)[:SHOWN]),
        disabled_endpoints=tuple(disabled_endpoints(conn)),
        accounts=_accounts(conn, school, wall),
        access=tuple(audit.recent(conn, school, SHOWN)),
    )


def teachers(conn: sa.Connection, school: str) -> list[Teacher]:
    """The active teachers of the roster, by name."""
    here = (roster_teachers.c.school == school, roster_teachers.c.active)
    query = sa.select(roster_teachers.c.id, roster_teachers.c.name).where(*here).order_by(roster_teachers.c.name)
    return [Teacher(*row) for row in conn.execute(query)]


def problem_of(store: SeriesStore) -> str:
    """Why the store of readings cannot answer, empty when it can. May take as long as the store's own time-out."""
    try:
        store.ping()
    except Unavailable as error:
        return str(error)
    return ""


def _spool(conn: sa.Connection) -> Spool:
    query = sa.select(sa.func.count(), sa.func.min(series_spool.c.at))
    batches, oldest = conn.execute(query).one()
    return Spool(batches=batches, oldest=oldest)


def _reasons(since: datetime) -> sa.Select[Any]:
    table = dead_letters
    number = sa.func.sum(table.c.times).label("number")
    return sa.select(table.c.reason, number).where(table.c.last_at >= since).group_by(table.c.reason)


def _dead_letters(conn: sa.Connection) -> tuple[DeadLetter, ...]:
    query = sa.select(dead_letters).order_by(dead_letters.c.last_at.desc()).limit(SHOWN)
    return tuple(
        DeadLetter(
            id=row.id,
            at=row.at,
            last_at=row.last_at,
            times=row.times,
            topic=row.topic,
            reason=row.reason,
            detail=row.detail,
            payload=row.payload[:_PAYLOAD_SHOWN].decode("utf-8", "replace"),
        )
        for row in conn.execute(query)
    )


def _accounts(conn: sa.Connection, school: str, wall: datetime) -> tuple[AccountLine, ...]:
    open_ones = sessions.open_counts(conn, wall)
    return tuple(_line(one, *open_ones.get(one.id, (0, None))) for one in accounts.all_accounts(conn, school))


def _line(account: Account, count: int, newest: datetime | None) -> AccountLine:
    return AccountLine(
        id=account.id,
        login=account.login,
        name=account.name,
        role=account.role,
        district=account.district,
        disabled=account.disabled,
        sessions=count,
        last_sign_in=newest,
    )
