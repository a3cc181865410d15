"""Enrolment codes: made by a person, good for one device, one use and a few days, traded for a broker account."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from campus.errors import Conflict, NotFound
from campus.retention import forget_rows
from devices.tables import devices
from devices.trust.accounts import Credential, issue
from devices.trust.steps import TrustStep, note
from devices.trust.tables import enrolment_codes as codes

GOOD_FOR = timedelta(hours=72)
# Letters and digits that nobody takes for one another; four groups of five are 100 bits.
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
GROUPS, LENGTH = 4, 5


class Waiting(msgspec.Struct, frozen=True):
    """A code that was made and not used yet."""

    device: str
    made_at: datetime
    made_by: str
    expires_at: datetime


def make(conn: sa.Connection, school: str, device: str, by: str, now: datetime, good_for: timedelta = GOOD_FOR) -> str:
    """A new code for a device in the registry; one made before for it is good no more. Raises `NotFound`."""
    there = (devices.c.school == school) & (devices.c.id == device) & devices.c.retired_at.is_(None)
    if conn.execute(sa.select(devices.c.id).where(there)).first() is None:
        raise NotFound(f"no device {device!r} in use at {school!r}; put it into the registry first")
    _end(conn, now, "replaced", (codes.c.school == school) & (codes.c.device == device))
    parts = ("".join(secrets.choice(ALPHABET) for _ in range(LENGTH)) for _ in range(GROUPS))
    code = "-".join(parts)
    row = {"digest": digest(code), "school": school, "device": device, "made_at": now, "made_by": by}
    conn.execute(codes.insert().values(**row, expires_at=now + good_for, ended_why=""))
    note(conn, school, TrustStep(device, "code_made", now, by, f"good until {(now + good_for).isoformat()}"))
    return code


def trade(conn: sa.Connection, code: str, address: str, now: datetime) -> Credential:
    """The account that ``code`` stands for; accounts the device had end at once.

    Raises `NotFound` for a code nobody made and `Conflict` for one that was used, withdrawn or has expired.
    """
    this = codes.c.digest == digest(code)
    row = conn.execute(codes.select().where(this)).first()
    if row is None:
        raise NotFound("this enrolment code is not known; look whether it was typed as it stands there")
    fresh = this & codes.c.ended_at.is_(None) & (codes.c.expires_at > now)
    if conn.execute(codes.update().where(fresh).values(ended_at=now, ended_why="used")).rowcount != 1:
        raise Conflict("this enrolment code is used or has expired; have a new one made")
    made = issue(conn, row.school, row.device, now, timedelta(0))
    note(conn, row.school, TrustStep(row.device, "enrolled", now, row.made_by, f"{made.username} from {address}"))
    return made


def withdraw(conn: sa.Connection, school: str, device: str, by: str, now: datetime) -> None:
    """Make the code of a device good no more; raises `NotFound` when there is none."""
    if not _end(conn, now, "withdrawn", (codes.c.school == school) & (codes.c.device == device)):
        raise NotFound(f"no code waits for {device!r}")
    note(conn, school, TrustStep(device, "code_withdrawn", now, by, ""))


def waiting(conn: sa.Connection, school: str, now: datetime) -> Sequence[Waiting]:
    """The codes that can be used at ``now``, the newest first."""
    columns = [codes.c[name] for name in Waiting.__struct_fields__]
    fresh = (codes.c.school == school) & codes.c.ended_at.is_(None) & (codes.c.expires_at > now)
    return [Waiting(*row) for row in conn.execute(sa.select(*columns).where(fresh).order_by(codes.c.made_at.desc()))]


def forget_codes(conn: sa.Connection, before: datetime, limit: int) -> int:
    """Retention: codes that were used, ended or expired before."""
    return forget_rows(conn, codes, (codes.c.ended_at < before) | (codes.c.expires_at < before), limit)


def digest(code: str) -> str:
    """What is kept of a code: blanks, hyphens and case do not matter to the person who types it."""
    plain = "".join(one for one in code.upper() if one.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()


def _end(conn: sa.Connection, now: datetime, why: str, which: sa.ColumnElement[bool]) -> int:
    fresh = which & codes.c.ended_at.is_(None) & (codes.c.expires_at > now)
    return conn.execute(codes.update().where(fresh).values(ended_at=now, ended_why=why)).rowcount
