"""Signing in with the city's account: to the provider and back, each way to fail on a page of its own."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from campus import db
from campus.errors import NotFound, Unavailable
from dashboards.access import claims, provider, sessions, sign_on
from dashboards.access.accounts import RefusedAccount
from dashboards.access.claims import Known, Unfit
from dashboards.access.provider import Provider
from dashboards.access.sign_in import enter
from dashboards.access.sign_on import ATTEMPT_LASTS, Attempt
from dashboards.deps import Deps, deps_of
from dashboards.pages.frame import error_page
from dashboards.pages.sign_in import entered, safe_next, set_cookie

log = logging.getLogger("dashboards")
router = APIRouter(include_in_schema=False)
BROWSER_COOKIE = "campus_sign_on"  # binds the way back to the browser that went
Why = Literal["down", "refused", "state", "token", "unknown", "disabled", "school", "role", "teacher", "district"]
Word = Annotated[str, Query(max_length=4000)]
_STATUS: dict[Why, int] = {"down": 503, "state": 400}


class Failed(Exception):
    """The person does not get in by single sign-on, and why."""

    def __init__(self, why: Why, detail: str = "") -> None:
        super().__init__(detail or why)
        self.why = why


@router.get("/sign-in/sso")
def go(request: Request, next: Word = "/") -> Response:  # noqa: A002  the name in the address
    """Send the browser to the provider."""
    deps, to = deps_of(request), _provider(request)
    try:
        to.discovery()
    except Unavailable as error:
        return _page(request, Failed("down", str(error)))
    with db.write(deps.engine) as conn:
        attempt = sign_on.begin(conn, safe_next(next)[:500], deps.wall.now())
    answer = RedirectResponse(to.address(attempt.state, attempt.nonce, attempt.verifier), status_code=303)
    set_cookie(answer, deps, BROWSER_COOKIE, attempt.browser, ATTEMPT_LASTS)
    return answer


@router.get("/sign-in/sso/callback")
def back(request: Request, code: Word = "", state: Word = "", error: Word = "") -> Response:
    """Take the code that the provider sent the browser back with, and begin a session."""
    to = _provider(request)
    try:
        answer = _admit(request, to, _attempt(request, state), code, error)
    except Failed as failed:
        answer = _page(request, failed)
    answer.delete_cookie(BROWSER_COOKIE, path="/")
    return answer


def _attempt(request: Request, state: str) -> Attempt:
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        found = sign_on.take(conn, request.cookies.get(BROWSER_COOKIE, ""), state, deps.wall.now())
    if found is None:
        raise Failed("state", "no attempt of this browser with this state is under way")
    return found


def _admit(request: Request, to: Provider, attempt: Attempt, code: str, error: str) -> Response:
    deps = deps_of(request)
    if error or not code:
        raise Failed("refused", error[:60] or "no code")
    known = claims.read(_claims(deps, to, attempt, code), deps.sign_on, deps.school.id)
    if isinstance(known, Unfit):
        raise Failed(known.why)
    now, lifetime = deps.wall.now(), timedelta(hours=deps.dashboards.session_hours)
    result = None
    with db.write(deps.engine) as conn:
        try:
            account = sign_on.admit(conn, deps.school.id, known, deps.sign_on, _no_password(deps, known), now)
        except RefusedAccount as error:
            raise Failed("district", str(error)) from None
        if account is not None and not account.disabled:
            result = enter(conn, account, now, lifetime, sessions.SIGN_ON)
    if result is None:  # what was learnt of the person stays: an administrator sees who waits
        raise Failed("unknown" if account is None else "disabled")
    return entered(request, result, attempt.next)


def _no_password(deps: Deps, known: Known) -> str:
    return sign_on.unusable_password() if deps.sign_on.unknown == "account" and known.role is not None else ""


def _claims(deps: Deps, to: Provider, attempt: Attempt, code: str) -> Mapping[str, object]:
    """The claims of the ID token for a code, believed."""
    from dashboards.access import id_token  # only where there is a provider: it is the one user of joserfc

    expected = id_token.Expected(issuer=to.settings.issuer, audience=to.settings.client_id, nonce=attempt.nonce)
    now = deps.wall.now()
    try:
        raw, allowed = to.exchange(code, attempt.verifier), to.discovery().id_token_signing_alg_values_supported
        try:
            return id_token.claims_of(raw, to.keys(), expected, now, allowed)
        except id_token.UnknownKey:
            return id_token.claims_of(raw, to.keys(newest=True), expected, now, allowed)
    except Unavailable as error:
        raise Failed("down", str(error)) from None
    except provider.Refused as error:
        raise Failed("refused", str(error)) from None
    except id_token.Untrusted as error:
        raise Failed("token", str(error)) from None


def _provider(request: Request) -> Provider:
    found = request.app.state.provider
    if not isinstance(found, Provider):
        raise NotFound("there is no single sign-on here")
    return found


def _page(request: Request, failed: Failed) -> Response:
    log.warning(
        "a sign-in by single sign-on failed: %s", failed if failed.args[0] else failed.why, extra={"reason": failed.why}
    )
    return error_page(request, _STATUS.get(failed.why, 403), f"sso_{failed.why}")
