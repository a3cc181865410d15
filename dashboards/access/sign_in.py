"""Signing in: throttle, password, session, in an order that cannot be raced."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from campus import db
from dashboards.access import audit, factor_store, passwords, sessions, throttle
from dashboards.access.accounts import Account, account_of, normal_login
from dashboards.access.sealing import Sealer
from dashboards.tables import accounts

CODE_WAITS = timedelta(minutes=5)
NO_PASSWORDS = "only administrators sign in with a password"


class SignedIn(msgspec.Struct, frozen=True):
    """A session began; ``token`` goes into the browser's cookie."""

    account: Account
    token: str


class CodeNeeded(msgspec.Struct, frozen=True):
    """The password was right; ``token`` admits to the question for the second factor, for a few minutes."""

    token: str


class Refused(msgspec.Struct, frozen=True):
    """No session; with ``wait_s`` above 0 nothing was checked, since it was too soon."""

    reason: str
    wait_s: int = 0


def sign_in(
    engine: sa.Engine,
    login: str,
    password: str,
    address: str,
    now: datetime,
    lifetime: timedelta,
    *,
    administrators_only: bool = False,
) -> SignedIn | CodeNeeded | Refused:
    """Try a login and password. The refusal never tells which of the two was wrong.

    ``administrators_only``: everybody else signs in with the city's account.
    """
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
    if administrators_only and row["role"] != "admin":
        return Refused(NO_PASSWORDS)
    with db.write(engine) as conn:
        account = account_of(row)
        if not account.second_factor:
            throttle.forget_tries(conn, login, address)
        return enter(conn, account, now, lifetime)


def enter(
    conn: sa.Connection, account: Account, now: datetime, lifetime: timedelta, way: str | None = None
) -> SignedIn | CodeNeeded:
    """Begin the session of whom a password or the provider (``way``) vouched for, or ask for the second factor."""
    if account.second_factor:
        return CodeNeeded(sessions.open_session(conn, account.id, now, CODE_WAITS, pending=True, way=way))
    return _begin(conn, account, now, lifetime, way)


def _begin(conn: sa.Connection, account: Account, now: datetime, lifetime: timedelta, way: str | None) -> SignedIn:
    audit.record(conn, now, account, "sign_in.sign_on" if way == sessions.SIGN_ON else "sign_in.password", account.id)
    return SignedIn(account, sessions.open_session(conn, account.id, now, lifetime, way=way))


def enter_code(
    engine: sa.Engine, token: str, code: str, address: str, now: datetime, lifetime: timedelta, sealer: Sealer
) -> SignedIn | Refused | None:
    """Try the second factor's code, or a recovery code, after the password; None when the time for it is over."""
    with db.write(engine) as conn:
        account = sessions.account_of_session(conn, token, now, pending=True)
        if account is None:
            return None
        verdict = throttle.may_try(conn, account.login, address, now)
        if not verdict.allowed:
            return Refused(verdict.reason, verdict.wait_s)
        throttle.remember_try(conn, account.login, address, now)
        recovered = factor_store.use_recovery_code(conn, account.id, code, now)
        if recovered:
            audit.record(conn, now, account, "sign_in.recovery", account.id)
        elif not factor_store.accept(conn, account.id, code, now, sealer):
            return Refused("wrong code")
        sessions.revoke(conn, token, now)
        throttle.forget_tries(conn, account.login, address)
        return _begin(conn, account, now, lifetime, sessions.way_of(conn, token))
