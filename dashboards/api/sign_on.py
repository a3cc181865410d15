"""People whom single sign-on sent here: who waits for an account, and who has which."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends
from msgspec import Meta
from starlette.requests import Request

from campus import db
from dashboards.access import account_changes, accounts, sessions, sign_on
from dashboards.access.accounts import Account
from dashboards.access.origin import check_origin
from dashboards.access.people import allow
from dashboards.access.sign_on import Person
from dashboards.api import paging
from dashboards.api.answers import Json, body, described
from dashboards.deps import deps_of

router = APIRouter(prefix="/sign-on", tags=["platform"])
Manager = Annotated[Account, Depends(allow("accounts.manage"))]
OwnOrigin = Depends(check_origin)


class Link(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which account a person has; null takes it away, and they wait again."""

    account: Annotated[str, Meta(min_length=1, max_length=36)] | None


@router.get("/people", **described(list[Person]))
def people(request: Request, manager: Manager, cursor: paging.Cursor = "", limit: paging.Limit = 50) -> Json:
    """Whom the provider sent here: those who wait for an account first, then the newest; ``Link`` pages on."""
    with db.read(deps_of(request).engine) as conn:
        found = sign_on.everybody(conn, manager.school, most=None)
    rows, more = paging.of_whole(request, found, lambda one: one.id, cursor, limit)
    return Json(rows, headers=more)


@router.post("/people/{person}", dependencies=[OwnOrigin], **described(list[Person], Link))
def link(request: Request, person: str, manager: Manager, said: Annotated[Link, Depends(body(Link))]) -> Json:
    """Give a person one of the school's accounts, or take it away, which ends its sessions."""
    deps = deps_of(request)
    now = deps.wall.now()
    with db.write(deps.engine) as conn:
        had = sign_on.link(conn, manager.school, person, said.account)
        if had is not None and had != said.account:
            sessions.revoke_all(conn, had, now)
        for account_id, old, new in ((had, person, ""), (said.account, "", person)):
            if account_id is not None and had != said.account:
                found = accounts.account(conn, manager.school, account_id)
                account_changes.note(conn, now, manager, found, "sign_on", old, new)
        return Json(sign_on.everybody(conn, manager.school))
