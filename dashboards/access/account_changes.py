"""What administrators change of an existing account: each change a row with old and new."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
import sqlalchemy as sa
from msgspec import UNSET, Meta, UnsetType

from campus.errors import Conflict
from campus.retention import forget_rows
from dashboards.access import accounts, audit, factor_store, sessions
from dashboards.access.accounts import Account
from dashboards.access.roles import Role
from dashboards.tables import account_changes as changes
from dashboards.tables import accounts as account_table

Field = Literal["name", "role", "teacher", "district", "disabled", "password", "second_factor", "sessions", "sign_on"]
_PLAIN: tuple[Field, ...] = ("name", "role", "teacher", "district")


class Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What shall be different; what is left out stays. ``teacher`` and ``district`` go with the role that has them."""

    name: Annotated[str, Meta(min_length=1, max_length=100)] | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    teacher: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET
    district: Annotated[str, Meta(max_length=64)] | UnsetType | None = UNSET
    disabled: bool | UnsetType = UNSET


class AccountChange(msgspec.Struct, frozen=True, kw_only=True):
    """One field of an account that became another; ``by`` is the login of who did it."""

    at: datetime
    field: str
    old: str
    new: str
    by: str


def change(conn: sa.Connection, manager: Account, account_id: str, wanted: Wanted, now: datetime) -> Account:
    """Change an account of the manager's school.

    Raises `NotFound`, `RefusedAccount` for what cannot work together, and `Conflict` when the school would have no
    administrator left who may sign in.
    """
    before = accounts.account(conn, manager.school, account_id)
    after = _changed(before, wanted)
    accounts.check_place(after.login, after.role, after.teacher)
    accounts.check_district(conn, after.role, after.district)
    if _leads(before) and not _leads(after):
        _keep_an_administrator(conn, before)
    fields = {name: getattr(after, name) for name in _PLAIN if getattr(after, name) != getattr(before, name)}
    for name, new in fields.items():
        note(conn, now, manager, before, name, str(getattr(before, name) or ""), str(new or ""))
    if fields:
        conn.execute(account_table.update().where(account_table.c.id == account_id).values(fields))
    if after.disabled != before.disabled:
        _set_disabled(conn, manager, before, after.disabled, now)
    return after


def reset_second_factor(conn: sa.Connection, manager: Account, account_id: str, now: datetime) -> None:
    """Ask for no codes any more: a lost phone without recovery codes. Raises `NotFound`."""
    found = accounts.account(conn, manager.school, account_id)
    if found.second_factor:
        factor_store.remove(conn, account_id)
        note(conn, now, manager, found, "second_factor", "on", "off")


def end_sessions(conn: sa.Connection, manager: Account, found: Account, now: datetime, session: str = "") -> None:
    """End one session of an account by its id, or all of them. Raises `NotFound` for one that is not open."""
    if session:
        sessions.revoke_one(conn, found.id, session, now)
        note(conn, now, manager, found, "sessions", session, "")
    elif ended := sessions.revoke_all(conn, found.id, now):
        note(conn, now, manager, found, "sessions", str(ended), "0")


def note(conn: sa.Connection, now: datetime, by: Account, account: Account, field: Field, old: str, new: str) -> None:
    """Remember a change, and that it was made in the access log."""
    row = {"at": now, "account": account.id, "field": field, "old": old[:200], "new": new[:200], "changed_by": by.id}
    conn.execute(changes.insert().values(row))
    audit.record(conn, now, by, "account.change", account.id, field)


def history(conn: sa.Connection, account_id: str, limit: int = 50) -> list[AccountChange]:
    """What was changed of an account, the newest first."""
    query = (
        sa.select(changes.c.at, changes.c.field, changes.c.old, changes.c.new, account_table.c.login.label("by"))
        .join(account_table, account_table.c.id == changes.c.changed_by)
        .where(changes.c.account == account_id)
        .order_by(changes.c.id.desc())
        .limit(limit)
    )
    return [AccountChange(**row) for row in conn.execute(query).mappings()]


def _changed(before: Account, wanted: Wanted) -> Account:
    said = {name: value for name, value in msgspec.structs.asdict(wanted).items() if value is not UNSET}
    after = msgspec.structs.replace(before, **said)
    # What belongs to another role goes with it, unless it was said on purpose: then it is refused.
    if after.role != "teacher" and "teacher" not in said:
        after = msgspec.structs.replace(after, teacher="")
    if after.role != "bureau" and "district" not in said:
        after = msgspec.structs.replace(after, district=None)
    return after


def _leads(account: Account) -> bool:
    return account.role == "admin" and not account.disabled


def _keep_an_administrator(conn: sa.Connection, leaving: Account) -> None:
    here = (account_table.c.school == leaving.school, account_table.c.role == "admin")
    # The rows are locked until the end of the transaction: two who take each other's right away are not both right.
    query = sa.select(account_table.c.id).where(*here, account_table.c.disabled_at.is_(None)).with_for_update()
    if set(conn.execute(query).scalars()) <= {leaving.id}:
        raise Conflict("this is the last administrator: give the right to somebody else first")


def _set_disabled(conn: sa.Connection, manager: Account, found: Account, disabled: bool, now: datetime) -> None:
    if disabled and found.id == manager.id:
        raise Conflict("this is your own account; another administrator has to disable it")
    accounts.set_disabled(conn, manager.school, found.id, now if disabled else None)
    note(conn, now, manager, found, "disabled", "no" if disabled else "yes", "yes" if disabled else "no")
    if disabled:
        sessions.revoke_all(conn, found.id, now)


def forget_changes(conn: sa.Connection, before: datetime, limit: int) -> int:
    """Retention: changes from before."""
    return forget_rows(conn, changes, changes.c.at < before, limit)
