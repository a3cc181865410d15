"""The second factor in the database: its secret, sealed where there is a key, and codes for a lost phone."""

from __future__ import annotations

import hashlib
from datetime import datetime

import sqlalchemy as sa

from campus.retention import forget_rows
from dashboards.access import passwords, second_factor
from dashboards.access.sealing import Sealer
from dashboards.tables import accounts, recovery_codes

RECOVERY_CODES = 10


def set_secret(conn: sa.Connection, account: str, secret: str, step: int, sealer: Sealer) -> None:
    """Ask for codes of ``secret`` at sign-in from now on; ``step`` is that of the code just shown."""
    _store(conn, account, secret, sealer)
    conn.execute(accounts.update().where(accounts.c.id == account).values(totp_step=step))


def remove(conn: sa.Connection, account: str) -> None:
    """Ask for no codes any more; recovery codes go, too."""
    nothing = {"totp_secret": None, "totp_sealed": None, "totp_step": None}
    conn.execute(accounts.update().where(accounts.c.id == account).values(nothing))
    conn.execute(recovery_codes.delete().where(recovery_codes.c.account == account))


def accept(conn: sa.Connection, account: str, code: str, now: datetime, sealer: Sealer) -> bool:
    """Whether ``code`` is right; it is used up then. A secret in the clear or under a former key is sealed anew.

    Raises `Unavailable` when no key opens the stored secret.
    """
    columns = (accounts.c.totp_secret, accounts.c.totp_sealed, accounts.c.totp_step)
    row = conn.execute(sa.select(*columns).where(accounts.c.id == account)).one()
    if row.totp_sealed is not None:
        secret, newest = sealer.open(account, row.totp_sealed)
    else:
        secret, newest = str(row.totp_secret), not sealer.works
    step = second_factor.step_of(secret, code, now, row.totp_step)
    if step is None:
        return False
    if not newest:
        _store(conn, account, secret, sealer)
    conn.execute(accounts.update().where(accounts.c.id == account).values(totp_step=step))
    return True


def new_recovery_codes(conn: sa.Connection, account: str, now: datetime) -> list[str]:
    """Ten codes in the place of those before, to be shown once: only their hashes are stored."""
    made = [passwords.made_up() for _ in range(RECOVERY_CODES)]
    conn.execute(recovery_codes.delete().where(recovery_codes.c.account == account))
    rows = [{"account": account, "code_hash": _hash(account, code), "made_at": now} for code in made]
    conn.execute(recovery_codes.insert(), rows)
    return made


def use_recovery_code(conn: sa.Connection, account: str, code: str, now: datetime) -> bool:
    """Whether ``code`` is one that was not used yet; it is used now."""
    mine = (recovery_codes.c.account == account, recovery_codes.c.code_hash == _hash(account, code))
    unused = recovery_codes.update().where(*mine, recovery_codes.c.used_at.is_(None))
    return conn.execute(unused.values(used_at=now)).rowcount == 1


def recovery_codes_left(conn: sa.Connection, account: str) -> int:
    """How many recovery codes are not used yet."""
    unused = (recovery_codes.c.account == account, recovery_codes.c.used_at.is_(None))
    return conn.execute(sa.select(sa.func.count()).where(*unused)).scalar_one()


def forget_used_codes(conn: sa.Connection, before: datetime, limit: int) -> int:
    """Retention: recovery codes that were used before; who may still be let in by one keeps it."""
    return forget_rows(conn, recovery_codes, recovery_codes.c.used_at < before, limit)


def in_the_clear(conn: sa.Connection) -> int:
    """How many accounts have a secret that is not sealed."""
    return conn.execute(sa.select(sa.func.count()).where(accounts.c.totp_secret.is_not(None))).scalar_one()


def _store(conn: sa.Connection, account: str, secret: str, sealer: Sealer) -> None:
    sealed = sealer.seal(account, secret) if sealer.works else None
    values = {"totp_sealed": sealed, "totp_secret": None if sealed else secret}
    conn.execute(accounts.update().where(accounts.c.id == account).values(values))


def _hash(account: str, code: str) -> str:
    """A code has some 59 random bits and is asked for after the password: one fast hash is enough."""
    plain = "".join(one for one in code.lower() if one.isalnum())
    return hashlib.sha256(f"{account} {plain}".encode()).hexdigest()
