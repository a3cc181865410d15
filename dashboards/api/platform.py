"""The platform's health and its accounts, for the administrator."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends
from msgspec import Meta
from starlette.requests import Request

from campus import db
from campus.errors import Conflict
from dashboards.access import accounts, factor_store, passwords, sessions
from dashboards.access.accounts import Account
from dashboards.access.origin import check_origin
from dashboards.access.people import allow
from dashboards.access.roles import Role
from dashboards.api.answers import Json, body, described
from dashboards.deps import Deps, deps_of
from dashboards.views import platform as views
from dashboards.views.platform import Platform, Teacher
from dashboards.views.retention import KeptLine, kept_lines

router = APIRouter(tags=["platform"])
Reader = Annotated[Account, Depends(allow("platform.read"))]
Manager = Annotated[Account, Depends(allow("accounts.manage"))]
OwnOrigin = Depends(check_origin)


class AccountState(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether an account may sign in."""

    disabled: bool


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


@router.get("/platform/retention", **described(list[KeptLine]))
def retention(request: Request, account: Reader) -> Json:  # noqa: ARG001  whoever may read it
    """What is kept how long, and what the last run forgot."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        return Json(kept_lines(conn, deps.kept))


@router.get("/platform", **described(Platform))
def platform(request: Request, account: Reader) -> Json:
    """What waits, what could not be used, which devices are unknown, who looked at whom."""
    return Json(platform_of(deps_of(request), account))


def platform_of(deps: Deps, account: Account) -> Platform:
    """The platform's health; the store of readings is asked before a transaction begins."""
    problem = views.problem_of(deps.series)
    with db.read(deps.engine) as conn:
        return views.platform(conn, problem, account.school, deps.clock.now(), deps.wall.now())


@router.patch("/accounts/{account_id}", dependencies=[OwnOrigin], **described(Platform, AccountState))
def set_state(
    request: Request,
    account_id: str,
    manager: Manager,
    said: Annotated[AccountState, Depends(body(AccountState))],
) -> Json:
    """Disable an account, which ends its sessions at once, or enable it again. Nobody disables themselves."""
    deps = deps_of(request)
    if account_id == manager.id and said.disabled:
        raise Conflict("this is your own account; another administrator has to disable it")
    now = deps.wall.now()
    with db.write(deps.engine) as conn:
        accounts.set_disabled(conn, manager.school, account_id, now if said.disabled else None)
        if said.disabled:
            sessions.revoke_all(conn, account_id, now)
    return Json(platform_of(deps, manager))


@router.post("/accounts", dependencies=[OwnOrigin], **described(GivenPassword, NewAccount))
def create(request: Request, manager: Manager, said: Annotated[NewAccount, Depends(body(NewAccount))]) -> Json:
    """Make an account. Its first password is shown once; the person must choose an own one at the first sign-in."""
    deps, password = deps_of(request), passwords.made_up()
    with db.write(deps.engine) as conn:
        made = accounts.create_account(
            conn, manager.school, said.login, said.name, said.role, password, deps.wall.now(), said.teacher,
            initial=True, district=said.district,
        )  # fmt: skip
    return Json(GivenPassword(platform=platform_of(deps, manager), login=made.login, password=password))


@router.post("/accounts/{account_id}/password", dependencies=[OwnOrigin], **described(GivenPassword))
def reset_password(request: Request, account_id: str, manager: Manager) -> Json:
    """Give an account a new first password and end its sessions; a lost second factor is taken away."""
    deps, password = deps_of(request), passwords.made_up()
    with db.write(deps.engine) as conn:
        found = accounts.account(conn, manager.school, account_id)
        accounts.set_password(conn, found.login, password, initial=True)
        factor_store.remove(conn, account_id)
        sessions.revoke_all(conn, account_id, deps.wall.now())
    return Json(GivenPassword(platform=platform_of(deps, manager), login=found.login, password=password))


@router.get("/teachers", **described(list[Teacher]))
def teachers(request: Request, manager: Manager) -> Json:
    """The teachers of the roster, for the account of a class teacher."""
    with db.read(deps_of(request).engine) as conn:
        return Json(views.teachers(conn, manager.school))


@router.post("/accounts/{account_id}/sign-out", dependencies=[OwnOrigin], **described(Platform))
def sign_out_everywhere(request: Request, account_id: str, manager: Manager) -> Json:
    """End every session of an account: a lost phone, a shared screen."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        accounts.account(conn, manager.school, account_id)  # of this school, or not found
        sessions.revoke_all(conn, account_id, deps.wall.now())
    return Json(platform_of(deps, manager))
