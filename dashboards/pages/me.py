"""One's own account: password, second factor, sessions; plain forms that work without a script."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from campus import db
from dashboards.access import accounts, passwords, second_factor, sessions
from dashboards.access.accounts import Account, RefusedAccount
from dashboards.access.origin import check_origin
from dashboards.access.people import cookie_name, person
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
        accounts.set_second_factor(conn, account.id, secret, step)
        sessions.revoke_others(conn, account.id, _token(request), now)
    return _done("second_factor")


@router.post("/me/second-factor/remove", dependencies=[OwnOrigin])
def remove(request: Request, account: Person, current: Typed) -> Response:
    """Ask for no code any more; takes the password."""
    if not _is_own(request, account, current):
        return _page(request, account, wrong="remove")
    with db.write(deps_of(request).engine) as conn:
        accounts.set_second_factor(conn, account.id, None)
    return _done("removed")


@router.post("/me/sign-out-elsewhere", dependencies=[OwnOrigin])
def sign_out_elsewhere(request: Request, account: Person) -> Response:
    """End every other session of this person: a lost phone, a shared screen."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        sessions.revoke_others(conn, account.id, _token(request), deps.wall.now())
    return _done("elsewhere")


def _page(request: Request, account: Account, *, done: str = "", wrong: str = "", secret: str = "") -> Response:
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
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


def _token(request: Request) -> str:
    return request.cookies.get(cookie_name(deps_of(request)), "")
