"""Who is on site, by class, building and dormitory: numbers, no names."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from campus import db
from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.deps import deps_of
from dashboards.pages.frame import render
from dashboards.views.on_site_now import on_site_now

router = APIRouter(include_in_schema=False)
TEXTS = ("onsite", "site")


@router.get("/on-site")
def on_site(request: Request, account: Annotated[Account, Depends(allow("site.read"))]) -> Response:
    """The page with its first numbers."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        data = on_site_now(conn, deps.series, account.school, deps.school.zone, deps.clock.now())
    return render(request, "on-site", account, data=data, script_texts=TEXTS)
