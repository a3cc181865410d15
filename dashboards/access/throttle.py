"""Throttling of sign-ins: guessing gets slow, a guard who mistypes does not get locked out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from dashboards.tables import login_attempts

WINDOW = timedelta(minutes=15)
FREE_TRIES = 5  # of one login from one address
FREE_FROM_ADDRESS = 30  # of any login from one address: many people share a school's outgoing address
FREE_FOR_LOGIN = 100  # of one login from anywhere: high, so that a stranger cannot keep a guard out
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(minutes=10)


class Verdict(msgspec.Struct, frozen=True):
    """Whether a sign-in may be tried now; else how many seconds to wait, and why."""

    allowed: bool
    reason: str
    wait_s: int = 0


def decide(tries: Sequence[datetime], free: int, now: datetime, reason: str) -> Verdict:
    """Allow ``free`` tries in the window; each one after that doubles the wait since the last try."""
    recent = [at for at in tries if at > now - WINDOW]
    excess = len(recent) - free
    if excess < 0:
        return Verdict(allowed=True, reason="few tries")
    wait = min(FIRST_WAIT * 2 ** min(excess, 10), LONGEST_WAIT)
    left = max(recent) + wait - now
    if left <= timedelta(0):
        return Verdict(allowed=True, reason="waited long enough")
    return Verdict(allowed=False, reason=reason, wait_s=max(1, round(left.total_seconds())))


def may_try(conn: sa.Connection, login: str, address: str, now: datetime) -> Verdict:
    """The verdict for one login from one address."""
    columns = (login_attempts.c.at, login_attempts.c.login, login_attempts.c.address)
    touched = sa.or_(login_attempts.c.login == login, login_attempts.c.address == address)
    rows = conn.execute(sa.select(*columns).where(login_attempts.c.at > now - WINDOW, touched)).all()
    by_login = [row.at for row in rows if row.login == login]
    by_address = [row.at for row in rows if row.address == address]
    by_both = [row.at for row in rows if row.login == login and row.address == address]
    verdicts = (
        decide(by_both, FREE_TRIES, now, "too many wrong passwords"),
        decide(by_address, FREE_FROM_ADDRESS, now, "too many tries from this address"),
        decide(by_login, FREE_FOR_LOGIN, now, "too many tries for this account"),
    )
    return max(verdicts, key=lambda verdict: verdict.wait_s)


def remember_try(conn: sa.Connection, login: str, address: str, now: datetime) -> None:
    """Count a try before the password is checked, so that a hundred at once do not slip through."""
    conn.execute(login_attempts.delete().where(login_attempts.c.at < now - WINDOW))
    conn.execute(login_attempts.insert().values(at=now, login=login, address=address))


def forget_tries(conn: sa.Connection, login: str, address: str) -> None:
    """A right password clears what this login tried from this address."""
    conn.execute(login_attempts.delete().where(login_attempts.c.login == login, login_attempts.c.address == address))
