"""The coverage map: what the school sees and hears now, and the key areas where it is blind."""

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
from dashboards.views import coverage as views
from dashboards.views import site

router = APIRouter(include_in_schema=False)
TEXTS = ("coverage", "plan", "kind", "device_state")


@router.get("/coverage")
def coverage(request: Request, account: Annotated[Account, Depends(allow("devices.read"))]) -> Response:
    """The page with its first picture."""
    deps, now = deps_of(request), deps_of(request).clock.now()
    with db.read(deps.engine) as conn:
        data = {"coverage": views.coverage(conn, account.school, now), "plan": site.plan(conn, account.school, now)}
    return render(request, "coverage", account, data=data, script_texts=TEXTS)
