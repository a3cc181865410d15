"""What went wrong, told to people as a page and to programs as problem+json (RFC 9457)."""

from __future__ import annotations

import logging
from urllib.parse import quote

import msgspec
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from campus.errors import CampusError, Conflict, NotFound, Outdated, Overtaken, Unavailable
from dashboards.access.accounts import RefusedAccount
from dashboards.access.origin import ForeignOrigin
from dashboards.access.people import Forbidden, PasswordDue, SignInNeeded
from dashboards.api.answers import InvalidBody, Problem
from dashboards.pages.frame import error_page

log = logging.getLogger("dashboards")

# What each exception means: the status, and the code that the console translates (``error.<code>``).
MEANINGS: tuple[tuple[type[Exception], int, str], ...] = (
    (SignInNeeded, 401, "sign_in_needed"),
    (PasswordDue, 403, "password_due"),
    (Forbidden, 403, "forbidden"),
    (ForeignOrigin, 403, "foreign_origin"),
    (NotFound, 404, "not_found"),
    (Overtaken, 409, "overtaken"),
    (Outdated, 412, "outdated"),
    (Conflict, 409, "conflict"),
    (InvalidBody, 422, "invalid"),
    (RequestValidationError, 422, "invalid"),
    (RefusedAccount, 422, "invalid"),
    (Unavailable, 503, "unavailable"),
    (CampusError, 500, "broken"),
    (Exception, 500, "broken"),
)
_HTTP_CODES = {404: "not_found", 405: "not_found", 429: "too_many_tries"}


def meaning(error: Exception) -> tuple[int, str]:
    """The status and code of an exception."""
    if isinstance(error, HTTPException):
        return error.status_code, _HTTP_CODES.get(error.status_code, "broken")
    return next((status, code) for kind, status, code in MEANINGS if isinstance(error, kind))


def answer(request: Request, error: Exception) -> Response:
    """The answer to a request that failed with ``error``."""
    status, code = meaning(error)
    if status >= 500:
        log.error("a request failed", exc_info=error, extra={"path": request.url.path})
    if request.url.path.startswith("/api/"):
        return _as_problem(error, status, code)
    if code == "sign_in_needed":
        return RedirectResponse(f"/sign-in?next={quote(request.url.path)}", status_code=303)
    if code == "password_due":
        return RedirectResponse("/me", status_code=303)
    return error_page(request, status, code)


def _as_problem(error: Exception, status: int, code: str) -> Response:
    detail = str(error) if status < 500 or isinstance(error, Unavailable) else "see the console's log"
    problem = Problem(
        type=f"urn:campus:problem:{code}", title=code.replace("_", " "), status=status, code=code, detail=detail
    )
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return Response(msgspec.json.encode(problem), status, headers, "application/problem+json")


def install(app: FastAPI) -> None:
    """Answer every exception of ``app`` this way."""

    async def handle(request: Request, error: Exception) -> Response:
        return answer(request, error)

    for kind in (*(kind for kind, _, _ in MEANINGS), HTTPException):
        app.add_exception_handler(kind, handle)
