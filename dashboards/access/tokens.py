"""Tokens of programs: rights for a while, shown once, stored as a hash, revocable at any moment."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from starlette.requests import HTTPConnection

from campus import db
from campus.errors import Conflict, NotFound
from campus.ids import new_id
from dashboards.access.accounts import Account, RefusedAccount, account_of
from dashboards.access.roles import Right
from dashboards.access.sessions import token_hash
from dashboards.tables import accounts, api_tokens

PREFIX = "campus_"  # so that scanners for secrets find one that slipped into a repository
LONGEST = timedelta(days=366)
USE_NOTED_EVERY = timedelta(minutes=5)  # a read must not become a write each time
_NAME = re.compile(r"[\w .@-]{1,60}")
# Rights that are asked class by class: a token for some classes may hold these and no other.
CLASS_SCOPES: frozenset[Right] = frozenset({"roll.read", "roll.correct", "leave.read", "leave.decide"})
# A program makes no accounts, enrols no devices, leads no muster and reads no symptoms.
SCOPES: frozenset[Right] = CLASS_SCOPES | {
    "alarms.read", "alarms.act", "site.read", "roll.every", "devices.read", "devices.maintain", "series.read",
    "overview.read",
}  # fmt: skip


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A program's token as the administrator sees it: everything but the token itself."""

    id: str
    name: str
    scopes: tuple[str, ...]
    classes: tuple[str, ...]
    made_by: str  # a login; empty: made on the command line
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


def bearer(connection: HTTPConnection) -> str | None:
    """What a program shows in ``Authorization`` of a request to the interface; None on pages and without it."""
    kind, _, value = connection.headers.get("authorization", "").partition(" ")
    return value.strip() if kind.lower() == "bearer" and connection.url.path.startswith("/api/") else None


def make(
    conn: sa.Connection,
    school: str,
    name: str,
    scopes: Sequence[Right],
    classes: Sequence[str],
    now: datetime,
    days: int,
    made_by: str = "",
) -> tuple[str, str]:
    """Make a token; return its id and the token itself, which nobody can read again.

    Raises `RefusedAccount` for what cannot be given, `Conflict` when a token of this name is in use.
    """
    _check(name, scopes, classes, days)
    if any(one.name == name and one.revoked_at is None and one.expires_at > now for one in all_tokens(conn, school)):
        raise Conflict(f"a token {name!r} is in use; revoke it first or choose another name")
    token, account = PREFIX + secrets.token_urlsafe(32), new_id()
    shown = {"name": name, "role": "integrator", "teacher": "", "language": "en", "theme": "auto", "siren": False}
    hidden = {"login": f"token:{account}", "password_hash": "none", "initial": False}  # no login and no hash is so
    conn.execute(accounts.insert().values(id=account, school=school, created_at=now, **shown, **hidden))
    said = {"scopes": " ".join(sorted(set(scopes))), "classes": " ".join(sorted(set(classes))), "made_by": made_by}
    times = {"created_at": now, "expires_at": now + timedelta(days=days)}
    conn.execute(api_tokens.insert().values(account=account, token_hash=token_hash(token), **said, **times))
    return account, token


def _check(name: str, scopes: Sequence[Right], classes: Sequence[str], days: int) -> None:
    if not _NAME.fullmatch(name):
        raise RefusedAccount("the name of a token is 1 to 60 letters, digits, blanks or . _ @ -")
    if not scopes or set(scopes) - SCOPES:
        raise RefusedAccount(f"a token may have these scopes, one at least: {', '.join(sorted(SCOPES))}")
    if classes and set(scopes) - CLASS_SCOPES:
        raise RefusedAccount(f"a token for some classes may have these scopes only: {', '.join(sorted(CLASS_SCOPES))}")
    if not classes and set(scopes) & CLASS_SCOPES and "roll.every" not in scopes:
        raise RefusedAccount("name the classes of the token, or give it roll.every for all of the school")
    if not 1 <= days <= LONGEST.days:
        raise RefusedAccount(f"a token lasts 1 to {LONGEST.days} days")
    if any(not one or " " in one for one in classes):
        raise RefusedAccount("a class is named by its id, which holds no blank")


def revoke(conn: sa.Connection, school: str, token_id: str, now: datetime) -> Token:
    """End a token at once; raises `NotFound`."""
    found = next((one for one in all_tokens(conn, school) if one.id == token_id), None)
    if found is None:
        raise NotFound(f"there is no token {token_id}")
    mine = (api_tokens.c.account == token_id, api_tokens.c.revoked_at.is_(None))
    conn.execute(api_tokens.update().where(*mine).values(revoked_at=now))
    return found


def all_tokens(conn: sa.Connection, school: str) -> list[Token]:
    """Every token of a school, also of old: the newest first."""
    maker = accounts.alias("maker")
    query = (
        sa.select(api_tokens, accounts.c.name, maker.c.login)
        .join(accounts, accounts.c.id == api_tokens.c.account)
        .outerjoin(maker, maker.c.id == api_tokens.c.made_by)
        .where(accounts.c.school == school)
        .order_by(api_tokens.c.created_at.desc(), api_tokens.c.account)
    )
    return [_token(row) for row in conn.execute(query).mappings()]


def _token(row: sa.RowMapping) -> Token:
    return Token(
        id=row["account"],
        name=row["name"],
        scopes=tuple(row["scopes"].split()),
        classes=tuple(row["classes"].split()),
        made_by=row["login"] or "",
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        last_used_at=row["last_used_at"],
        revoked_at=row["revoked_at"],
    )


def account_of_token(engine: sa.Engine, token: str, now: datetime) -> Account | None:
    """What a token opens; None when it is unknown, expired or revoked. Its use is noted every few minutes."""
    table = api_tokens
    query = (
        sa.select(accounts, table.c.scopes.label("may"), table.c.classes.label("only"), table.c.last_used_at)
        .join(table, table.c.account == accounts.c.id)
        .where(table.c.token_hash == token_hash(token), table.c.expires_at > now, table.c.revoked_at.is_(None))
    )
    with db.read(engine) as conn:
        row = conn.execute(query).mappings().first()
    if row is None:
        return None
    if row["last_used_at"] is None or row["last_used_at"] < now - USE_NOTED_EVERY:
        with db.write(engine) as conn:
            conn.execute(table.update().where(table.c.account == row["id"]).values(last_used_at=now))
    scopes = frozenset(scope for scope in SCOPES if scope in row["may"].split())
    return msgspec.structs.replace(account_of(row), scopes=scopes, classes=tuple(row["only"].split()))
