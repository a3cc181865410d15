"""Tokens of programs: seen, made and revoked by an administrator."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends
from msgspec import Meta
from starlette.requests import Request

from campus import db
from dashboards.access import audit, tokens
from dashboards.access.accounts import Account
from dashboards.access.origin import check_origin
from dashboards.access.people import allow
from dashboards.access.roles import Right
from dashboards.access.tokens import Token
from dashboards.api import paging
from dashboards.api.answers import Json, body, described
from dashboards.deps import deps_of

router = APIRouter(prefix="/tokens", tags=["tokens"])
Manager = Annotated[Account, Depends(allow("accounts.manage"))]
OwnOrigin = Depends(check_origin)
Few = Meta(max_length=50)


class NewToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A program that shall read or write; ``classes`` limits it to these, ``days`` is how long it may."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    scopes: Annotated[tuple[Right, ...], Few]
    classes: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=64)], ...], Few] = ()
    days: Annotated[int, Meta(ge=1, le=366)] = 90


class GivenToken(msgspec.Struct, frozen=True, kw_only=True):
    """A new token, shown this once, and all tokens as they are now."""

    token: str
    tokens: tuple[Token, ...]


@router.get("", **described(list[Token]))
def token_list(request: Request, manager: Manager, cursor: paging.Cursor = "", limit: paging.Limit = 50) -> Json:
    """Every token of the school, the newest first, without the tokens themselves; the ``Link`` header pages on."""
    with db.read(deps_of(request).engine) as conn:
        found = tokens.all_tokens(conn, manager.school)
    rows, more = paging.of_whole(request, found, lambda one: one.id, cursor, limit)
    return Json(rows, headers=more)


@router.post("", dependencies=[OwnOrigin], **described(GivenToken, NewToken))
def make(request: Request, manager: Manager, said: Annotated[NewToken, Depends(body(NewToken))]) -> Json:
    """Make a token. It is shown once; the database keeps its hash."""
    deps = deps_of(request)
    now = deps.wall.now()
    with db.write(deps.engine) as conn:
        made, token = tokens.make(
            conn, manager.school, said.name, said.scopes, said.classes, now, said.days, manager.id
        )  # fmt: skip
        audit.record(conn, now, manager, "token.make", made, *said.scopes)
        return Json(GivenToken(token=token, tokens=tuple(tokens.all_tokens(conn, manager.school))))


@router.post("/{token_id}/revoke", dependencies=[OwnOrigin], **described(list[Token]))
def revoke(request: Request, token_id: str, manager: Manager) -> Json:
    """End a token: the next request with it is refused."""
    deps = deps_of(request)
    now = deps.wall.now()
    with db.write(deps.engine) as conn:
        tokens.revoke(conn, manager.school, token_id, now)
        audit.record(conn, now, manager, "token.revoke", token_id)
        return Json(tokens.all_tokens(conn, manager.school))
