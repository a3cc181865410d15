"""Who is asking: dependencies that routes name to require a session, a right, or a class of one's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from campus import db
from dashboards.access import sessions, tokens
from dashboards.access.accounts import Account
from dashboards.access.roles import Right
from dashboards.deps import Deps, deps_of

OWN_PAGES = ("/me", "/sign-out", "/preferences")
PLAIN_COOKIE = "campus_session"


class SignInNeeded(Exception):
    """Nobody is signed in, or the session ended."""


class PasswordDue(Exception):
    """The password was given by somebody else; the person chooses an own one before anything else."""


class Forbidden(Exception):
    """The person's role does not have the right."""


def cookie_name(deps: Deps) -> str:
    """The session cookie's name; behind HTTPS the browser itself guards it by the ``__Host-`` prefix."""
    return f"__Host-{PLAIN_COOKIE}" if deps.dashboards.secure_cookies else PLAIN_COOKIE


def session_token(connection: HTTPConnection) -> str | None:
    """The token of the session in the cookie."""
    return connection.cookies.get(cookie_name(deps_of(connection)))


def signed_in(connection: HTTPConnection) -> Account | None:
    """The account of the session in the cookie, or of the token that a program shows; or None."""
    deps = deps_of(connection)
    bearer = tokens.bearer(connection)
    if bearer is not None:
        account = tokens.account_of_token(deps.engine, bearer, deps.wall.now())
        return account if account is not None and account.school == deps.school.id else None
    token = session_token(connection)
    if not token:
        return None
    with db.read(deps.engine) as conn:
        account = sessions.account_of_session(conn, token, deps.wall.now())
    return account if account is not None and account.school == deps.school.id else None


def person(connection: HTTPConnection) -> Account:
    """The account of the session; raises `SignInNeeded`."""
    account = signed_in(connection)
    if account is None:
        raise SignInNeeded
    if account.initial and not connection.url.path.startswith(OWN_PAGES):
        raise PasswordDue
    return account


def allow(right: Right) -> Callable[[Account], Account]:
    """A dependency that hands over the person, or raises `Forbidden` when the role lacks ``right``."""

    def check(account: Annotated[Account, Depends(person)]) -> Account:
        if right not in account.rights:
            raise Forbidden(f"{account.role} may not {right}")
        return account

    check.right = right  # type: ignore[attr-defined]  # read by the access test, which walks every route
    return check
