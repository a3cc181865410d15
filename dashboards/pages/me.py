"""One's own account: password, second factor, sessions; plain forms that work without a script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from campus import db
from dashboards.access import accounts, factor_store, passwords, second_factor, sessions
from dashboards.access.accounts import Account, RefusedAccount
from dashboards.access.origin import check_origin
from dashboards.access.people import cookie_name, person
from dashboards.access.sealing import Sealer, sealer_of
from dashboards.deps import deps_of
from dashboards.pages.frame import render

router = APIRouter(include_in_schema=False)
OwnOrigin = Depends(check_origin)
Person = Annotated[Account, Depends(person)]
Typed = Annotated[str, Form(max_length=200)]


@router.get("/me")
def me(request: Request, account: Person, done: str = "") -> Response:
    """The page; ``done`` names what was just done."""
    return _page(request, account, done=done)


@router.post("/me/password", dependencies=[OwnOrigin])
def change_password(request: Request, account: Person, current: Typed, new: Typed) -> Response:
    """Choose another password; every other session ends."""
    deps = deps_of(request)
    if not _is_own(request, account, current):
        return _page(request, account, wrong="password")
    if current == new:
        return _page(request, account, wrong="same")
    try:
        with db.write(deps.engine) as conn:
            accounts.set_password(conn, account.login, new)
            sessions.revoke_others(conn, account.id, _token(request), deps.wall.now())
    except RefusedAccount:
        return _page(request, account, wrong="short")
    return _done("password")


@router.post("/me/second-factor", dependencies=[OwnOrigin])
def set_up(request: Request, account: Person, secret: Typed, code: Typed) -> Response:
    """Ask for codes from now on, once the app has shown that it knows the secret."""
    deps = deps_of(request)
    now = deps.wall.now()
    step = second_factor.step_of(secret, code, now, None) if second_factor.is_secret(secret) else None
    if step is None:
        return _page(request, account, wrong="code", secret=secret)
    with db.write(deps.engine) as conn:
        factor_store.set_secret(conn, account.id, secret, step, _sealer(request))
        codes = factor_store.new_recovery_codes(conn, account.id, now)
        sessions.revoke_others(conn, account.id, _token(request), now)
    return _page(request, msgspec.structs.replace(account, second_factor=True), done="second_factor", codes=codes)


@router.post("/me/recovery-codes", dependencies=[OwnOrigin])
def recover(request: Request, account: Person, code: Typed) -> Response:
    """Make new recovery codes and show them this once; takes a code of the app."""
    deps = deps_of(request)
    now = deps.wall.now()
    with db.write(deps.engine) as conn:
        right = account.second_factor and factor_store.accept(conn, account.id, code, now, _sealer(request))
        codes = factor_store.new_recovery_codes(conn, account.id, now) if right else ()
    return _page(request, account, codes=codes, wrong="" if right else "recovery")


@router.post("/me/second-factor/remove", dependencies=[OwnOrigin])
def remove(request: Request, account: Person, current: Typed) -> Response:
    """Ask for no code any more; takes the password."""
    if not _is_own(request, account, current):
        return _page(request, account, wrong="remove")
    with db.write(deps_of(request).engine) as conn:
        factor_store.remove(conn, account.id)
    return _done("removed")


@router.post("/me/sign-out-elsewhere", dependencies=[OwnOrigin])
def sign_out_elsewhere(request: Request, account: Person) -> Response:
    """End every other session of this person: a lost phone, a shared screen."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        sessions.revoke_others(conn, account.id, _token(request), deps.wall.now())
    return _done("elsewhere")


def _page(
    request: Request,
    account: Account,
    *,
    done: str = "",
    wrong: str = "",
    secret: str = "",
    codes: Sequence[str] = (),
) -> Response:
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        left = factor_store.recovery_codes_left(conn, account.id)
        count, _ = sessions.open_counts(conn, deps.wall.now()).get(account.id, (0, None))
    known = secret if second_factor.is_secret(secret) else second_factor.new_secret()
    return render(
        request,
        "me",
        account,
        status=422 if wrong else 200,
        done=done if done in DONE else "",
        wrong=wrong,
        secret="" if account.second_factor else known,
        picture="" if account.second_factor else second_factor.picture(known, account.login),
        codes=codes,
        codes_left=left,
        others=max(0, count - 1),
        shortest=passwords.MIN_LENGTH,
    )


DONE = ("password", "second_factor", "removed", "elsewhere")


def _done(what: str) -> Response:
    return RedirectResponse(f"/me?done={what}", status_code=303)


def _is_own(request: Request, account: Account, password: str) -> bool:
    with db.read(deps_of(request).engine) as conn:
        stored = accounts.password_hash(conn, account.id)
    return passwords.matches(stored, password)


def _sealer(request: Request) -> Sealer:
    return sealer_of(deps_of(request).dashboards.account_key)


def _token(request: Request) -> str:
    return request.cookies.get(cookie_name(deps_of(request)), "")
