"""Accounts: people who may sign in, with their role and what they chose to see."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from campus.errors import CampusError, Conflict, NotFound
from campus.ids import new_id
from dashboards.access import passwords
from dashboards.access.roles import RIGHTS, ROLES, Right, Role
from dashboards.city.tables import city_districts
from dashboards.tables import accounts

Language = Literal["zh", "en"]
Theme = Literal["auto", "light", "dark"]
PEOPLE = accounts.c.role != "integrator"  # programs have tokens, see `dashboards.access.tokens`
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")


class RefusedAccount(CampusError):
    """An account cannot be made as asked; says what to change."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One person's account. ``teacher`` is the roster's id of a teacher and empty for everyone else."""

    id: str
    school: str
    login: str
    name: str
    role: Role
    teacher: str
    language: Language
    theme: Theme
    siren: bool
    disabled: bool
    initial: bool = False  # must choose an own password first
    second_factor: bool = False
    scopes: frozenset[Right] = frozenset()  # what a program's token opens
    district: str | None = None  # the only district that an account of the bureau sees; None: the whole city
    classes: tuple[str, ...] = ()  # the only classes that a program's token opens; empty: no limit

    @property
    def rights(self) -> frozenset[Right]:
        """What this account may see and do."""
        return RIGHTS[self.role] | self.scopes


class Preferences(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person may change about the console; None leaves a choice as it is."""

    language: Language | None = None
    theme: Theme | None = None
    siren: bool | None = None


def normal_login(login: str) -> str:
    """A login as it is stored and compared: without blanks around it, in small letters."""
    return login.strip().lower()


def create_account(
    conn: sa.Connection,
    school: str,
    login: str,
    name: str,
    role: Role,
    password: str,
    now: datetime,
    teacher: str = "",
    *,
    initial: bool = False,
    district: str | None = None,
) -> Account:
    """Make an account; ``initial``: its person must choose an own password at the first sign-in.

    ``district`` limits an account of the bureau to the schools of that district.

    Raises `RefusedAccount` for what cannot work, `Conflict` when the login is taken.
    """
    check_password(password)
    login = normal_login(login)
    check_place(login, role, teacher)  # before the hash, which takes a tenth of a second
    check_district(conn, role, district)
    stored = passwords.hash_password(password)
    return insert(conn, school, login, name, role, stored, now, teacher, initial=initial, district=district)


def insert(
    conn: sa.Connection,
    school: str,
    login: str,
    name: str,
    role: Role,
    password_hash: str,
    now: datetime,
    teacher: str = "",
    *,
    initial: bool = False,
    district: str | None = None,
) -> Account:
    """As `create_account`, with the hash of a password."""
    check_place(login, role, teacher)
    if conn.execute(sa.select(accounts.c.id).where(accounts.c.login == login)).first():
        raise Conflict(f"the login {login!r} is taken; choose another")
    row: dict[str, Any] = {
        "id": new_id(),
        "school": school,
        "login": login,
        "name": name,
        "role": role,
        "teacher": teacher,
        "language": "zh",
        "theme": "auto",
        "siren": False,
        "initial": initial,
        "district": district,
    }
    conn.execute(accounts.insert().values(**row, password_hash=password_hash, created_at=now))
    return Account(**row, disabled=False)


def check_place(login: str, role: str, teacher: str) -> None:
    """Raise `RefusedAccount` for a login or role that cannot be, or a teacher whom the roster has not."""
    if not _LOGIN.fullmatch(login):
        raise RefusedAccount(f"the login {login!r} does not do: use 2 to 64 letters, digits or . _ @ -")
    if role not in ROLES:
        raise RefusedAccount(f"there is no role {role!r}: choose one of {', '.join(ROLES)}")
    if role == "teacher" and not teacher:
        raise RefusedAccount("a teacher's account needs the roster's teacher id, or no class can be shown")


def check_district(conn: sa.Connection, role: str, district: str | None) -> None:
    """Raise `RefusedAccount` for a district that does not go with the role, or that there is not."""
    if district is None:
        return
    if role != "bureau":
        raise RefusedAccount(f"only an account of the role bureau can be limited to a district, not {role}")
    known = list(conn.execute(sa.select(city_districts.c.id).order_by(city_districts.c.position)).scalars())
    if district not in known:
        fix = f"choose one of {', '.join(known)}" if known else "import the city first: campus city import FILE"
        raise RefusedAccount(f"there is no district {district!r}: {fix}")


def check_password(password: str) -> None:
    """Raise `RefusedAccount` for a password that is too short."""
    if len(password) < passwords.MIN_LENGTH:
        raise RefusedAccount(f"the password is too short: use at least {passwords.MIN_LENGTH} characters")


def set_password(conn: sa.Connection, login: str, password: str, *, initial: bool = False) -> None:
    """Give an account another password; ``initial`` as in `create_account`. Raises `NotFound` or `RefusedAccount`."""
    check_password(password)
    changed = conn.execute(
        accounts.update()
        .where(accounts.c.login == normal_login(login))
        .values(password_hash=passwords.hash_password(password), initial=initial)
    )
    if not changed.rowcount:
        raise NotFound(f"there is no account {login!r}")


def save_preferences(conn: sa.Connection, account_id: str, chosen: Preferences) -> None:
    """Remember what a person chose; the siren's switch among it, so that it survives a reload."""
    values = {name: value for name, value in msgspec.structs.asdict(chosen).items() if value is not None}
    if values:
        conn.execute(accounts.update().where(accounts.c.id == account_id).values(**values))


def set_disabled(conn: sa.Connection, school: str, account_id: str, at: datetime | None) -> None:
    """Disable an account from ``at`` on, or enable it with None; raises `NotFound`."""
    changed = conn.execute(
        accounts.update().where(accounts.c.id == account_id, accounts.c.school == school, PEOPLE).values(disabled_at=at)
    )
    if not changed.rowcount:
        raise NotFound(f"there is no account {account_id}")


def account_of(row: sa.RowMapping) -> Account:
    """The account of a row that holds the columns of `accounts`."""
    fields = {name: row[name] for name in Account.__struct_fields__ if name in row and name != "initial"}
    return Account(
        **fields,
        disabled=row["disabled_at"] is not None,
        initial=bool(row["initial"]),
        second_factor=row["totp_secret"] is not None or row["totp_sealed"] is not None,
    )


def password_hash(conn: sa.Connection, account_id: str) -> str:
    """The stored hash, to check a password against."""
    return str(conn.execute(sa.select(accounts.c.password_hash).where(accounts.c.id == account_id)).scalar_one())


def by_login(conn: sa.Connection, school: str, login: str) -> Account:
    """The account of a school with this login; raises `NotFound`."""
    wanted = (accounts.c.school == school) & (accounts.c.login == login) & accounts.c.disabled_at.is_(None)
    row = conn.execute(sa.select(accounts).where(wanted, PEOPLE)).mappings().first()
    if row is None:
        raise NotFound(f"no account with the login {login!r} in use at {school!r}; see the administrator's page")
    return account_of(row)


def account(conn: sa.Connection, school: str, account_id: str) -> Account:
    """One account of a school; raises `NotFound`."""
    query = sa.select(accounts).where(accounts.c.school == school, accounts.c.id == account_id, PEOPLE)
    row = conn.execute(query).mappings().first()
    if row is None:
        raise NotFound(f"there is no account {account_id}")
    return account_of(row)


def all_accounts(conn: sa.Connection, school: str) -> list[Account]:
    """Every account of a school, by role and login."""
    query = sa.select(accounts).where(accounts.c.school == school, PEOPLE).order_by(accounts.c.role, accounts.c.login)
    return [account_of(row) for row in conn.execute(query).mappings()]
