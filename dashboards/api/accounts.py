"""Accounts of people: made, changed, disabled, their passwords, second factors and sessions."""

from __future__ import annotations

from typing import Annotated

import msgspec
import sqlalchemy as sa
from fastapi import APIRouter, Depends
from msgspec import Meta
from starlette.requests import Request

from campus import db
from dashboards.access import account_changes, accounts, audit, passwords, sessions, sign_on
from dashboards.access.account_changes import AccountChange, Wanted
from dashboards.access.accounts import Account
from dashboards.access.origin import check_origin
from dashboards.access.people import allow
from dashboards.access.roles import Role
from dashboards.access.sessions import OpenSession
from dashboards.api import paging
from dashboards.api.answers import Json, body, described
from dashboards.api.conditional import IfMatch, must_match
from dashboards.api.platform import platform_of
from dashboards.deps import Deps, deps_of
from dashboards.views import platform as views
from dashboards.views.platform import Platform, Teacher

router = APIRouter(tags=["platform"])
Manager = Annotated[Account, Depends(allow("accounts.manage"))]
OwnOrigin = Depends(check_origin)


class NewAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person who shall sign in; ``teacher`` is the roster's id, for the role teacher, and ``district`` the only one
    that an account of the role bureau sees (null: the whole city).
    """

    login: Annotated[str, Meta(max_length=64)]
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    role: Role
    teacher: Annotated[str, Meta(max_length=64)] = ""
    district: Annotated[str, Meta(max_length=64)] | None = None


class GivenPassword(msgspec.Struct, frozen=True, kw_only=True):
    """The first password of an account, shown this once, and the platform as it is now."""

    platform: Platform
    login: str
    password: str


class AccountCard(msgspec.Struct, frozen=True, kw_only=True):
    """One account whole: what it is, its open sessions, who it is at single sign-on, and what was changed of it."""

    id: str
    login: str
    name: str
    role: Role
    teacher: str
    district: str | None
    disabled: bool
    initial: bool
    second_factor: bool
    sign_on: str
    sessions: tuple[OpenSession, ...]
    changes: tuple[AccountChange, ...]


@router.get("/accounts/{account_id}", **described(AccountCard))
def card(request: Request, account_id: str, manager: Manager) -> Json:
    """One account with its open sessions and its changes, the newest first."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        return Json(_card(conn, deps, manager, account_id))


@router.post("/accounts", dependencies=[OwnOrigin], **described(GivenPassword, NewAccount))
def create(request: Request, manager: Manager, said: Annotated[NewAccount, Depends(body(NewAccount))]) -> Json:
    """Make an account. Its first password is shown once; the person must choose an own one at the first sign-in."""
    deps, password = deps_of(request), passwords.made_up()
    now = deps.wall.now()
    with db.write(deps.engine) as conn:
        made = accounts.create_account(
            conn, manager.school, said.login, said.name, said.role, password, now, said.teacher,
            initial=True, district=said.district,
        )  # fmt: skip
        audit.record(conn, now, manager, "account.make", made.id, made.role)
    return Json(GivenPassword(platform=platform_of(deps, manager), login=made.login, password=password))


@router.patch("/accounts/{account_id}", dependencies=[OwnOrigin], **described(Platform, Wanted, refuses=("412",)))
def change(
    request: Request,
    account_id: str,
    manager: Manager,
    said: Annotated[Wanted, Depends(body(Wanted))],
    if_match: IfMatch = None,
) -> Json:
    """Change name, role, teacher or district, disable (which ends the sessions at once) or enable. The last
    administrator stays one, and nobody disables themselves.
    """
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        must_match(if_match, _card(conn, deps, manager, account_id))
        account_changes.change(conn, manager, account_id, said, deps.wall.now())
    return Json(platform_of(deps, manager))


@router.post("/accounts/{account_id}/password", dependencies=[OwnOrigin], **described(GivenPassword))
def reset_password(request: Request, account_id: str, manager: Manager) -> Json:
    """Give an account a new first password and end its sessions; a lost second factor is taken away."""
    deps, password = deps_of(request), passwords.made_up()
    now = deps.wall.now()
    with db.write(deps.engine) as conn:
        found = accounts.account(conn, manager.school, account_id)
        accounts.set_password(conn, found.login, password, initial=True)
        account_changes.note(conn, now, manager, found, "password", "", "reset")
        account_changes.reset_second_factor(conn, manager, account_id, now)
        account_changes.end_sessions(conn, manager, found, now)
    return Json(GivenPassword(platform=platform_of(deps, manager), login=found.login, password=password))


@router.post("/accounts/{account_id}/second-factor/remove", dependencies=[OwnOrigin], **described(AccountCard))
def reset_second_factor(request: Request, account_id: str, manager: Manager) -> Json:
    """Take a lost second factor away; the password stays."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        account_changes.reset_second_factor(conn, manager, account_id, deps.wall.now())
        return Json(_card(conn, deps, manager, account_id))


@router.post("/accounts/{account_id}/sign-out", dependencies=[OwnOrigin], **described(Platform))
def sign_out_everywhere(request: Request, account_id: str, manager: Manager) -> Json:
    """End every session of an account: a lost phone, a shared screen."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        found = accounts.account(conn, manager.school, account_id)
        account_changes.end_sessions(conn, manager, found, deps.wall.now())
    return Json(platform_of(deps, manager))


@router.post("/accounts/{account_id}/sessions/{session}/end", dependencies=[OwnOrigin], **described(AccountCard))
def end_session(request: Request, account_id: str, session: str, manager: Manager) -> Json:
    """End one session of an account."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        found = accounts.account(conn, manager.school, account_id)
        account_changes.end_sessions(conn, manager, found, deps.wall.now(), session)
        return Json(_card(conn, deps, manager, account_id))


@router.get("/teachers", **described(list[Teacher]))
def teachers(request: Request, manager: Manager, cursor: paging.Cursor = "", limit: paging.Limit = 50) -> Json:
    """The teachers of the roster, for the account of a class teacher; the ``Link`` header pages on."""
    with db.read(deps_of(request).engine) as conn:
        found = views.teachers(conn, manager.school)
    rows, more = paging.of_whole(request, found, lambda one: one.id, cursor, limit)
    return Json(rows, headers=more)


def _card(conn: sa.Connection, deps: Deps, manager: Account, account_id: str) -> AccountCard:
    found = accounts.account(conn, manager.school, account_id)
    return AccountCard(
        id=found.id,
        login=found.login,
        name=found.name,
        role=found.role,
        teacher=found.teacher,
        district=found.district,
        disabled=found.disabled,
        initial=found.initial,
        second_factor=found.second_factor,
        sign_on=sign_on.name_of(conn, account_id),
        sessions=tuple(sessions.open_sessions(conn, account_id, deps.wall.now())),
        changes=tuple(account_changes.history(conn, account_id)),
    )
