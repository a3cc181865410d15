"""The person who is signed in: who they are, what they may do, what they chose."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends
from starlette.requests import Request

from campus import db
from dashboards.access import accounts
from dashboards.access.accounts import Account, Language, Preferences, Theme
from dashboards.access.origin import check_origin
from dashboards.access.people import person
from dashboards.access.roles import Right, Role, pages_of
from dashboards.api.answers import Json, body, described
from dashboards.deps import deps_of

router = APIRouter(tags=["me"])


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """The signed-in person with rights, pages and choices."""

    login: str
    name: str
    role: Role
    rights: tuple[Right, ...]
    pages: tuple[str, ...]
    language: Language
    theme: Theme
    siren: bool


def _me(account: Account) -> Me:
    return Me(
        login=account.login,
        name=account.name,
        role=account.role,
        rights=tuple(sorted(account.rights)),
        pages=tuple(pages_of(account.role)),
        language=account.language,
        theme=account.theme,
        siren=account.siren,
    )


@router.get("/me", **described(Me))
def me(account: Annotated[Account, Depends(person)]) -> Json:
    """Who is signed in."""
    return Json(_me(account))


@router.patch("/me", dependencies=[Depends(check_origin)], **described(Me, Preferences))
def choose(
    request: Request,
    account: Annotated[Account, Depends(person)],
    chosen: Annotated[Preferences, Depends(body(Preferences))],
) -> Json:
    """Change language, theme or the siren's switch."""
    with db.write(deps_of(request).engine) as conn:
        accounts.save_preferences(conn, account.id, chosen)
    kept = {name: value for name, value in msgspec.structs.asdict(chosen).items() if value is not None}
    return Json(_me(msgspec.structs.replace(account, **kept)))
