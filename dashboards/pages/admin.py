"""The administrator's page: the platform's health, dead letters, accounts, the access log."""

from __future__ import annotations

from typing import Annotated, get_args

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from campus import changes, db
from dashboards.access import sign_on, tokens
from dashboards.access.accounts import Account
from dashboards.access.audit import Action
from dashboards.access.people import allow
from dashboards.access.roles import ROLES
from dashboards.access.tokens import SCOPES
from dashboards.api.platform import platform_of
from dashboards.city.store import district_names
from dashboards.deps import deps_of
from dashboards.pages.frame import render
from dashboards.views.first_steps import first_steps
from dashboards.views.retention import kept_lines
from dashboards.views.vitals import vitals

router = APIRouter(include_in_schema=False)
TEXTS = ("vital", "admin", "role", "access", "dead")


@router.get("/admin")
def admin(request: Request, account: Annotated[Account, Depends(allow("platform.read"))]) -> Response:
    """The page with the present state."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        seen = changes.last_id(conn)
        districts = district_names(conn)
        kept = kept_lines(conn, deps.kept)
        comers = sign_on.everybody(conn, account.school) if deps.sign_on.issuer else None
        steps, made = first_steps(conn, account.school), tokens.all_tokens(conn, account.school)
    platform, signs = platform_of(deps, account), vitals(deps)
    data = {"seen": seen, "me": account.id, "platform": platform, "vitals": signs, "tokens": made, "comers": comers}
    return render(
        request,
        "admin",
        account,
        data=data,
        script_texts=TEXTS,
        steps=steps,
        scopes=sorted(SCOPES),
        roles=ROLES,
        comers=comers,
        looks=sorted(get_args(Action)),
        districts=districts,
        kept=kept,
        zone=deps.school.zone,
    )
