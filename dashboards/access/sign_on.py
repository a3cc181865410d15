"""Single sign-on in the database: attempts bound to a browser, people by issuer and subject, and whom they are here."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from campus.errors import Conflict, NotFound
from campus.ids import new_id
from campus.retention import forget_rows
from campus.settings.sign_on import SignOn
from dashboards.access import account_changes, accounts, audit, passwords
from dashboards.access.accounts import Account, RefusedAccount
from dashboards.access.claims import WHOLE_CITY, Known
from dashboards.access.roles import Role
from dashboards.access.sessions import token_hash
from dashboards.tables import accounts as account_table
from dashboards.tables import sign_on_attempts as attempts
from dashboards.tables import sign_on_people as people

ATTEMPT_LASTS = timedelta(minutes=10)


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """A person on the way to the provider; ``browser`` goes into a cookie and only its hash is stored."""

    browser: str
    state: str
    nonce: str
    verifier: str
    next: str


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whom the provider knows; ``account`` is None while they wait for one."""

    id: str
    name: str
    login: str
    account: str | None
    first_at: datetime
    last_at: datetime


def begin(conn: sa.Connection, to: str, now: datetime) -> Attempt:
    """Remember an attempt to sign in that shall lead ``to`` a page."""
    made = Attempt(
        browser=secrets.token_urlsafe(32),
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(64),
        next=to,
    )
    conn.execute(attempts.delete().where(attempts.c.at < now - ATTEMPT_LASTS))
    row = {"state": made.state, "nonce": made.nonce, "verifier": made.verifier, "next": to, "at": now}
    conn.execute(attempts.insert().values(browser_hash=token_hash(made.browser), **row))
    return made


def take(conn: sa.Connection, browser: str, state: str, now: datetime) -> Attempt | None:
    """The attempt of this browser, once; None when it is another's, over, or was taken already."""
    mine = attempts.c.browser_hash == token_hash(browser)
    row = conn.execute(sa.select(attempts).where(mine, attempts.c.at >= now - ATTEMPT_LASTS)).mappings().first()
    gone = conn.execute(attempts.delete().where(mine)).rowcount
    if row is None or not gone or not secrets.compare_digest(str(row["state"]).encode(), state.encode()):
        return None
    return Attempt(browser=browser, state=state, nonce=row["nonce"], verifier=row["verifier"], next=row["next"])


def admit(
    conn: sa.Connection, school: str, known: Known, settings: SignOn, no_password: str, now: datetime
) -> Account | None:
    """The account of a person, made or brought up to date where the settings say so; None: they wait for one.

    Linked by issuer and subject alone: a name or an address can be somebody else's tomorrow. ``no_password`` is a hash
    that nothing matches (`unusable_password`). Raises `RefusedAccount` for a district that there is not.
    """
    accounts.check_district(conn, known.role or "", _limit(known, None))
    person = _remember(conn, school, known, now)
    if person.account is None:
        if settings.unknown != "account" or known.role is None:
            return None
        made = _make(conn, school, known, known.role, no_password, now)
        conn.execute(people.update().where(people.c.id == person.id).values(account=made.id))
        audit.record(conn, now, made, "account.make", made.id, f"role={made.role}", "sign_on")
        return made
    found = accounts.account(conn, school, person.account)
    return found if known.role is None else _brought_up(conn, found, known, now)


def unusable_password() -> str:
    """The hash of a password that nobody knows; takes a tenth of a second, so not in a transaction."""
    return passwords.hash_password(secrets.token_urlsafe(32))


def everybody(conn: sa.Connection, school: str, most: int | None = 500) -> list[Person]:
    """Whom the provider sent here, those who wait first, then the newest; at most so many."""
    columns = [people.c[name] for name in Person.__struct_fields__]
    order = (people.c.account.is_not(None), people.c.last_at.desc())
    query = sa.select(*columns).where(people.c.school == school).order_by(*order).limit(most)
    return [Person(**row) for row in conn.execute(query).mappings()]


def name_of(conn: sa.Connection, account_id: str) -> str:
    """What the provider calls the person of an account; empty when nobody comes to it by single sign-on."""
    row = conn.execute(sa.select(people.c.name, people.c.login).where(people.c.account == account_id)).first()
    return "" if row is None else f"{row.name} ({row.login})" if row.login else str(row.name)


def link(conn: sa.Connection, school: str, person_id: str, account_id: str | None) -> str | None:
    """Give a person an account of the school, or take it away with None; the one they had before is returned.

    Raises `NotFound` or `Conflict`.
    """
    if account_id is not None:
        accounts.account(conn, school, account_id)
        taken = sa.select(people.c.id).where(people.c.account == account_id, people.c.id != person_id)
        if conn.execute(taken).first():
            raise Conflict("this account is another person's at the provider; take it from them first")
    mine = (people.c.id == person_id, people.c.school == school)
    row = conn.execute(sa.select(people.c.account).where(*mine)).first()
    if row is None:
        raise NotFound(f"nobody of single sign-on has the id {person_id}")
    conn.execute(people.update().where(*mine).values(account=account_id))
    return None if row.account is None else str(row.account)


def forget_waiting(conn: sa.Connection, before: datetime, limit: int) -> int:
    """Retention: who knocked and was given no account."""
    return forget_rows(conn, people, sa.and_(people.c.account.is_(None), people.c.last_at < before), limit)


def _remember(conn: sa.Connection, school: str, known: Known, now: datetime) -> Person:
    mine = (people.c.school == school, people.c.issuer == known.issuer, people.c.subject == known.subject)
    seen = {"name": known.name, "login": known.login, "last_at": now}
    if not conn.execute(people.update().where(*mine).values(seen)).rowcount:
        row = {"id": new_id(), "school": school, "issuer": known.issuer, "subject": known.subject, "first_at": now}
        conn.execute(people.insert().values(**row, **seen))
    columns = [people.c[name] for name in Person.__struct_fields__]
    return Person(**conn.execute(sa.select(*columns).where(*mine)).mappings().one())


def _make(conn: sa.Connection, school: str, known: Known, role: Role, password_hash: str, now: datetime) -> Account:
    made_up = "sso-" + hashlib.sha256(f"{known.issuer} {known.subject}".encode()).hexdigest()[:12]
    district = _limit(known, None)
    for login in (accounts.normal_login(known.login), made_up):
        try:
            return accounts.insert(
                conn, school, login, known.name, role, password_hash, now, known.teacher, district=district
            )
        except (Conflict, RefusedAccount):  # somebody local has that login: they are not taken for the same person
            continue
    raise Conflict(f"no login is free for {made_up}")


def _brought_up(conn: sa.Connection, found: Account, known: Known, now: datetime) -> Account:
    teacher = known.teacher if known.role == "teacher" else ""
    district = _limit(known, found.district) if known.role == "bureau" else None
    if (found.role, found.teacher, found.district) == (known.role, teacher, district):
        return found
    values = {"role": known.role, "teacher": teacher, "district": district}
    conn.execute(account_table.update().where(account_table.c.id == found.id).values(values))
    changed: tuple[tuple[account_changes.Field, str, str | None], ...] = (
        ("role", found.role, known.role),
        ("teacher", found.teacher, teacher),
        ("district", found.district or "", district),
    )
    for field, old, new in changed:
        if old != (new or ""):
            account_changes.note(conn, now, found, found, field, old, new or "")
    return accounts.account(conn, found.school, found.id)


def _limit(known: Known, otherwise: str | None) -> str | None:
    """The district that limits an account of the bureau, ``otherwise`` where the provider says nothing of it."""
    if not known.district:
        return otherwise
    return None if known.district == WHOLE_CITY else known.district
