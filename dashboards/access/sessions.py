"""Sign-in sessions: a random token for the browser, its hash in the database, revocable at any moment."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from campus.errors import NotFound
from dashboards.access.accounts import Account, account_of
from dashboards.tables import accounts, login_sessions


def token_hash(token: str) -> str:
    """What is stored of a token. The token has 256 random bits, so one fast hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


_ID = 16  # so many characters of a hash name a session
SIGN_ON = "sign_on"  # the way of a session that the provider of single sign-on vouched for


def open_session(
    conn: sa.Connection,
    account_id: str,
    now: datetime,
    lifetime: timedelta,
    *,
    pending: bool = False,
    way: str | None = None,
) -> str:
    """Begin a session and return its token; nobody can read it again. A ``pending`` one opens nothing but the question
    for the second factor. ``way`` is `SIGN_ON`, or None for a password.
    """
    token = secrets.token_urlsafe(32)
    conn.execute(login_sessions.delete().where(login_sessions.c.expires_at < now - lifetime))
    conn.execute(
        login_sessions.insert().values(
            token_hash=token_hash(token),
            account=account_id,
            created_at=now,
            expires_at=now + lifetime,
            pending=pending,
            way=way,
        )
    )
    return token


def account_of_session(conn: sa.Connection, token: str, now: datetime, *, pending: bool = False) -> Account | None:
    """Whose session a token is; None when it is unknown, expired, revoked, or the account is disabled."""
    hashed = token_hash(token)
    return _accounts(conn, login_sessions.c.token_hash == hashed, now, pending=pending).get(hashed)


def accounts_of_sessions(conn: sa.Connection, hashes: Collection[str], now: datetime) -> dict[str, Account]:
    """Whose sessions are those with these hashes of tokens, by hash; those of nobody are left out."""
    return _accounts(conn, login_sessions.c.token_hash.in_(hashes), now)


def _accounts(
    conn: sa.Connection, which: sa.ColumnElement[bool], now: datetime, *, pending: bool = False
) -> dict[str, Account]:
    query = (
        sa.select(accounts, login_sessions.c.way, login_sessions.c.token_hash)
        .join(login_sessions, login_sessions.c.account == accounts.c.id)
        .where(
            which,
            login_sessions.c.expires_at > now,
            login_sessions.c.revoked_at.is_(None),
            sa.func.coalesce(login_sessions.c.pending, sa.false()) == pending,
            accounts.c.disabled_at.is_(None),
        )
    )
    return {row["token_hash"]: _account(row) for row in conn.execute(query).mappings()}


def _account(row: sa.RowMapping) -> Account:
    found = account_of(row)
    # Whom the provider vouches for is asked for no password, so a first one is not in the way.
    return msgspec.structs.replace(found, initial=False) if row["way"] == SIGN_ON else found


def way_of(conn: sa.Connection, token: str) -> str | None:
    """How a session began: `SIGN_ON`, or None for a password."""
    return conn.execute(
        sa.select(login_sessions.c.way).where(login_sessions.c.token_hash == token_hash(token))
    ).scalar_one_or_none()


def revoke(conn: sa.Connection, token: str, now: datetime) -> None:
    """End one session."""
    mine = login_sessions.c.token_hash == token_hash(token)
    conn.execute(login_sessions.update().where(mine, login_sessions.c.revoked_at.is_(None)).values(revoked_at=now))


def revoke_all(conn: sa.Connection, account_id: str, now: datetime) -> int:
    """End every session of an account; return how many were open."""
    open_ones = (login_sessions.c.account == account_id, login_sessions.c.revoked_at.is_(None))
    still_valid = login_sessions.c.expires_at > now
    return conn.execute(login_sessions.update().where(*open_ones, still_valid).values(revoked_at=now)).rowcount


def revoke_others(conn: sa.Connection, account_id: str, token: str, now: datetime) -> int:
    """End every session of an account but the one of ``token``; return how many were open."""
    others = (login_sessions.c.account == account_id, login_sessions.c.token_hash != token_hash(token))
    is_open = (login_sessions.c.revoked_at.is_(None), login_sessions.c.expires_at > now)
    return conn.execute(login_sessions.update().where(*others, *is_open).values(revoked_at=now)).rowcount


class OpenSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session that is open now. ``id`` is the beginning of the token's hash and opens nothing."""

    id: str
    began_at: datetime
    ends_at: datetime
    sign_on: bool


def open_sessions(conn: sa.Connection, account_id: str, now: datetime) -> list[OpenSession]:
    """The sessions of an account that are open, the newest first; those that wait for a code are none yet."""
    table = login_sessions.c
    is_open = (
        table.revoked_at.is_(None),
        table.expires_at > now,
        sa.func.coalesce(table.pending, sa.false()).is_(False),
    )
    query = sa.select(table.token_hash, table.created_at, table.expires_at, table.way)
    rows = conn.execute(query.where(table.account == account_id, *is_open).order_by(table.created_at.desc())).all()
    return [
        OpenSession(id=hashed[:_ID], began_at=began, ends_at=ends, sign_on=way == SIGN_ON)
        for hashed, began, ends, way in rows
    ]


def revoke_one(conn: sa.Connection, account_id: str, session: str, now: datetime) -> None:
    """End the session of an account with this id; raises `NotFound` when none is open."""
    mine = (login_sessions.c.account == account_id, login_sessions.c.revoked_at.is_(None))
    named = sa.func.substr(login_sessions.c.token_hash, 1, _ID) == session
    if not conn.execute(login_sessions.update().where(*mine, named).values(revoked_at=now)).rowcount:
        raise NotFound(f"no session {session[:_ID]} of this account is open")


def open_counts(conn: sa.Connection, now: datetime) -> dict[str, tuple[int, datetime]]:
    """For each account that ever signed in and is remembered: sessions open now, and when the newest one began."""
    is_open = sa.and_(login_sessions.c.revoked_at.is_(None), login_sessions.c.expires_at > now)
    query = sa.select(
        login_sessions.c.account,
        sa.func.sum(sa.case((is_open, 1), else_=0)),
        sa.func.max(login_sessions.c.created_at),
    ).group_by(login_sessions.c.account)
    return {account: (int(count), newest) for account, count, newest in conn.execute(query)}
