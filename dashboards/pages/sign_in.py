"""Signing in and out, and the switches of language and theme: plain forms that work without a script."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from campus import db
from dashboards.access import accounts, sessions
from dashboards.access.accounts import Account, Preferences
from dashboards.access.origin import check_origin
from dashboards.access.people import cookie_name, person, signed_in
from dashboards.access.provider import Provider
from dashboards.access.roles import HOME
from dashboards.access.sealing import sealer_of
from dashboards.access.sign_in import (
    CODE_WAITS,
    NO_PASSWORDS,
    CodeNeeded,
    Refused,
    SignedIn,
    enter_code,
    sign_in,
)
from dashboards.api.answers import InvalidBody
from dashboards.deps import Deps, deps_of
from dashboards.pages.frame import LANGUAGE_COOKIE, THEME_COOKIE, language_of, render
from dashboards.texts.catalogue import LANGUAGES

router = APIRouter(include_in_schema=False)
OwnOrigin = Depends(check_origin)
PENDING_COOKIE = "campus_pending"  # the password was right, the second factor is asked for
YEAR_S = 365 * 24 * 3600


def safe_next(path: str) -> str:
    """``path`` when it leads into this console, else the start page: a link must not send people elsewhere."""
    inside = path.startswith("/") and not path.startswith(("//", "/\\", "/sign-in"))
    return path if inside and path.isprintable() and "\\" not in path else "/"


@router.get("/")
def start(account: Annotated[Account, Depends(person)]) -> Response:
    """The first page of the person's role."""
    return RedirectResponse(f"/{HOME[account.role]}", status_code=303)


@router.get("/sign-in")
def form(request: Request, next: str = "/") -> Response:  # noqa: A002  the name in the address
    """The sign-in form."""
    if signed_in(request) is not None:
        return RedirectResponse(safe_next(next), status_code=303)
    return _form(request, next)


@router.post("/sign-in", dependencies=[OwnOrigin])
def enter(
    request: Request,
    login: Annotated[str, Form(max_length=64)],
    password: Annotated[str, Form(max_length=200)],
    next: Annotated[str, Form(max_length=500)] = "/",  # noqa: A002
) -> Response:
    """Check login and password, and begin a session."""
    deps = deps_of(request)
    lifetime = timedelta(hours=deps.dashboards.session_hours)
    address = request.client.host if request.client else "unknown"
    local = deps.sign_on.local_passwords
    if local == "none":
        return _form(request, next, status=403, refused="local")
    only = local == "administrators"
    result = sign_in(deps.engine, login, password, address, deps.wall.now(), lifetime, administrators_only=only)
    if isinstance(result, Refused):
        status, refused = (429, "wait") if result.wait_s else (401, "wrong")
        if result.reason == NO_PASSWORDS:
            status, refused = 403, "local"
        page = _form(request, next, status=status, refused=refused, wait_s=result.wait_s, login=login)
        if result.wait_s:
            page.headers["Retry-After"] = str(result.wait_s)
        return page
    return entered(request, result, safe_next(next))


def _form(
    request: Request, to: str, *, status: int = 200, refused: str = "", wait_s: int = 0, login: str = ""
) -> Response:
    settings = deps_of(request).sign_on
    label = settings.label_en if language_of(request, None) == "en" else settings.label_zh
    return render(
        request,
        "sign-in",
        None,
        status=status,
        next=safe_next(to),
        refused=refused,
        wait_s=wait_s,
        login=login,
        sign_on=label if settings.issuer else "",
        local=settings.local_passwords,
    )


def entered(request: Request, result: SignedIn | CodeNeeded, to: str) -> Response:
    """On with whom a password or the provider vouched for: to the question for the code, or into the console."""
    if isinstance(result, CodeNeeded):
        answer = RedirectResponse(f"/sign-in/code?next={quote(to)}", status_code=303)
        set_cookie(answer, deps_of(request), PENDING_COOKIE, result.token, CODE_WAITS)
        return answer
    return _enter(request, result, to)


@router.get("/sign-in/code")
def code_form(request: Request, next: str = "/") -> Response:  # noqa: A002
    """The question for the second factor."""
    if PENDING_COOKIE not in request.cookies:
        return RedirectResponse("/sign-in", status_code=303)
    return render(request, "sign-in", None, template="sign-in-code.html", next=safe_next(next), refused="", wait_s=0)


@router.post("/sign-in/code", dependencies=[OwnOrigin])
def enter_with_code(
    request: Request,
    code: Annotated[str, Form(max_length=40)],
    next: Annotated[str, Form(max_length=500)] = "/",  # noqa: A002
) -> Response:
    """Check the second factor's code, and begin a session."""
    deps = deps_of(request)
    token = request.cookies.get(PENDING_COOKIE, "")
    address = request.client.host if request.client else "unknown"
    lifetime = timedelta(hours=deps.dashboards.session_hours)
    sealer = sealer_of(deps.dashboards.account_key)
    result = enter_code(deps.engine, token, code, address, deps.wall.now(), lifetime, sealer)
    if result is None:
        return RedirectResponse("/sign-in", status_code=303)
    if isinstance(result, Refused):
        status, refused = (429, "wait") if result.wait_s else (401, "wrong")
        return render(
            request, "sign-in", None, status=status, template="sign-in-code.html", next=safe_next(next),
            refused=refused, wait_s=result.wait_s,
        )  # fmt: skip
    answer = _enter(request, result, safe_next(next))
    answer.delete_cookie(PENDING_COOKIE, path="/")
    return answer


def _enter(request: Request, result: SignedIn, to: str) -> Response:
    deps = deps_of(request)
    _take_along(request, result.account)
    answer = RedirectResponse(to, status_code=303)
    set_cookie(answer, deps, cookie_name(deps), result.token, timedelta(hours=deps.dashboards.session_hours))
    return answer


def set_cookie(answer: Response, deps: Deps, name: str, token: str, lifetime: timedelta) -> None:
    """A cookie that no script reads and no other site's form sends."""
    answer.set_cookie(
        name,
        token,
        max_age=round(lifetime.total_seconds()),
        path="/",
        httponly=True,
        samesite="lax",
        secure=deps.dashboards.secure_cookies,
    )


def _take_along(request: Request, account: Account) -> None:
    """Who chose a language before signing in means it for the pages after it, too."""
    chosen = next((one for one in LANGUAGES if one == request.cookies.get(LANGUAGE_COOKIE)), None)
    if chosen is not None and chosen != account.language:
        with db.write(deps_of(request).engine) as conn:
            accounts.save_preferences(conn, account.id, Preferences(language=chosen))


@router.post("/sign-out", dependencies=[OwnOrigin])
def leave(request: Request) -> Response:
    """End the session, here and in the database; one of single sign-on goes on to end the provider's, too."""
    deps = deps_of(request)
    token, way = request.cookies.get(cookie_name(deps)), None
    if token:
        with db.write(deps.engine) as conn:
            way = sessions.way_of(conn, token)
            sessions.revoke(conn, token, deps.wall.now())
    farewell = _farewell(request) if way == sessions.SIGN_ON else ""
    answer = _onward(request, farewell) if farewell else RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(cookie_name(deps), path="/", secure=deps.dashboards.secure_cookies, httponly=True)
    return answer


def _farewell(request: Request) -> str:
    provider = request.app.state.provider
    back = f"{deps_of(request).dashboards.base_url.rstrip('/')}/sign-in"
    return provider.farewell(back) if isinstance(provider, Provider) else ""


def _onward(request: Request, farewell: str) -> Response:
    # Not a redirect: browsers hold those that follow a form against form-action, which lets nobody out.
    page = render(request, "sign-in", None, template="signed-out.html", farewell=farewell)
    page.headers["Refresh"] = f"1; url={farewell}"
    return page


@router.post("/preferences", dependencies=[OwnOrigin])
def prefer(
    request: Request,
    language: Annotated[str, Form(max_length=8)] = "",
    theme: Annotated[str, Form(max_length=8)] = "",
    next: Annotated[str, Form(max_length=500)] = "/",  # noqa: A002
) -> Response:
    """Choose language or theme: for the account when signed in, and for this browser."""
    deps, account = deps_of(request), signed_in(request)
    try:
        chosen = msgspec.convert({"language": language or None, "theme": theme or None}, Preferences)
    except msgspec.ValidationError as error:
        raise InvalidBody(str(error)) from None
    if account is not None:
        with db.write(deps.engine) as conn:
            accounts.save_preferences(conn, account.id, chosen)
    back = next if next.startswith("/sign-in") else safe_next(next)
    answer = RedirectResponse(back, status_code=303)
    for cookie, value in ((LANGUAGE_COOKIE, chosen.language), (THEME_COOKIE, chosen.theme)):
        if value is not None:
            answer.set_cookie(cookie, value, max_age=YEAR_S, samesite="lax", httponly=True)
    return answer
