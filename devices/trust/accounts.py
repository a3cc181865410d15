"""Broker accounts of devices: issued, renewed beside the old one, revoked at once; none is ever taken up again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from campus.errors import NotFound
from devices.trust.passwords import hashed, matches, new_password
from devices.trust.steps import TrustStep, note
from devices.trust.tables import broker_accounts as accounts
from devices.trust.tables import enrolment_codes as codes

# So long the old account works beside the new one: an agent that loses the answer comes again with the old.
OVERLAP = timedelta(hours=24)


class Account(msgspec.Struct, frozen=True):
    """An account of a device that works now. ``until``: a newer one takes over, and this one ends then."""

    username: str
    school: str
    device: str
    password: str
    made_at: datetime
    until: datetime | None


class Credential(msgspec.Struct, frozen=True):
    """What a device signs in with at the broker; the password exists here and at the device only."""

    school: str
    device: str
    username: str
    password: str


def issue(conn: sa.Connection, school: str, device: str, now: datetime, overlap: timedelta) -> Credential:
    """A fresh account; those the device has end after ``overlap``, or at once when that is zero."""
    mine = (accounts.c.school == school) & (accounts.c.device == device)
    number = 1 + int(conn.execute(sa.select(sa.func.max(accounts.c.number)).where(mine)).scalar() or 0)
    working = mine & accounts.c.ended_at.is_(None)
    if overlap:
        conn.execute(accounts.update().where(working, accounts.c.until.is_(None)).values(until=now + overlap))
    else:
        conn.execute(accounts.update().where(working).values(ended_at=now))
    made = Credential(school, device, f"{school}/{device}~{number}", new_password())
    row = {"username": made.username, "school": school, "device": device, "number": number, "made_at": now}
    conn.execute(accounts.insert().values(**row, password=hashed(made.password)))
    return made


def renew(conn: sa.Connection, username: str, password: str, now: datetime) -> Credential:
    """A new account for the device that shows its old one, which works on for `OVERLAP`.

    Raises `NotFound` when the account is not there, has ended, or the password is another.
    """
    held = next(iter(_working(conn, now, accounts.c.username == username)), None)
    if held is None or not matches(password, held.password):
        raise NotFound(f"no account {username!r} with this password works; enrol the device anew")
    made = issue(conn, held.school, held.device, now, OVERLAP)
    note(conn, held.school, TrustStep(held.device, "renewed", now, held.device, made.username))
    return made


def revoke(conn: sa.Connection, school: str, device: str, by: str, now: datetime, why: str) -> int:
    """End every account of a device at once: it is lost, stolen or gone. Returns how many ended.

    A code that waits for it ends, too: it may lie in the same bag.
    """
    mine = (accounts.c.school == school) & (accounts.c.device == device) & accounts.c.ended_at.is_(None)
    ended = conn.execute(accounts.update().where(mine).values(ended_at=now)).rowcount
    waiting = (codes.c.school == school) & (codes.c.device == device) & codes.c.ended_at.is_(None)
    conn.execute(codes.update().where(waiting).values(ended_at=now, ended_why="revoked"))
    note(conn, school, TrustStep(device, "revoked", now, by, why))
    return ended


def expire(conn: sa.Connection, now: datetime) -> int:
    """End the accounts whose time is over; returns how many."""
    over = (accounts.c.until <= now) & accounts.c.ended_at.is_(None)
    rows = conn.execute(sa.select(accounts.c.school, accounts.c.device, accounts.c.username).where(over)).all()
    for school, device, username in rows:
        conn.execute(accounts.update().where(accounts.c.username == username).values(ended_at=now))
        note(conn, school, TrustStep(device, "ended", now, "platform", f"{username}: a newer account has taken over"))
    return len(rows)


def working(conn: sa.Connection, now: datetime, school: str | None = None) -> Sequence[Account]:
    """The accounts that work at ``now``, of one school or of all, by name."""
    return _working(conn, now, sa.true() if school is None else accounts.c.school == school)


def _working(conn: sa.Connection, now: datetime, which: sa.ColumnElement[bool]) -> Sequence[Account]:
    columns = [accounts.c[name] for name in Account.__struct_fields__]
    there = accounts.c.ended_at.is_(None) & sa.or_(accounts.c.until.is_(None), accounts.c.until > now)
    query = sa.select(*columns).where(there, which).order_by(accounts.c.username)
    return [Account(*row) for row in conn.execute(query)]
