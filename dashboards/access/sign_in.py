"""Signing in: throttle, password, session, in an order that cannot be raced."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from campus import db
from dashboards.access import passwords, sessions, throttle
from dashboards.access.accounts import Account, account_of, normal_login
from dashboards.tables import accounts


class SignedIn(msgspec.Struct, frozen=True):
    """A session began; ``token`` goes into the browser's cookie."""

    account: Account
    token: str


class Refused(msgspec.Struct, frozen=True):
    """No session; with ``wait_s`` above 0 nothing was checked, since it was too soon."""

    reason: str
    wait_s: int = 0


def sign_in(
    engine: sa.Engine, login: str, password: str, address: str, now: datetime, lifetime: timedelta
) -> SignedIn | Refused:
    """Try a login and password. The refusal never tells which of the two was wrong."""
    login = normal_login(login)[:64]
    with db.write(engine) as conn:
        verdict = throttle.may_try(conn, login, address, now)
        if not verdict.allowed:
            return Refused(verdict.reason, verdict.wait_s)
        throttle.remember_try(conn, login, address, now)
        row = conn.execute(sa.select(accounts).where(accounts.c.login == login)).mappings().first()
    # Outside of any transaction: the hash takes a tenth of a second, in which nobody else shall wait for the database.
    stored = passwords.nobodys_hash() if row is None else str(row["password_hash"])
    right = passwords.matches(stored, password)
    if row is None or not right or row["disabled_at"] is not None:
        return Refused("wrong login or password")
    with db.write(engine) as conn:
        throttle.forget_tries(conn, login, address)
        token = sessions.open_session(conn, row["id"], now, lifetime)
    return SignedIn(account_of(row), token)
