"""The security console: what is wrong, where, since when, who is on it, what to do next."""

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
from dashboards.views import alarms

router = APIRouter(include_in_schema=False)
TEXTS = ("alarm", "severity", "state", "action", "outcome", "console", "siren", "site", "kind", "plan", "device_state")


@router.get("/console")
def console(
    request: Request, account: Annotated[Account, Depends(allow("alarms.read"))], wall: bool = False
) -> Response:
    """The page with its first picture; ``wall`` is the screen on the wall: the list and the plan, nothing to press."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        data = alarms.console(conn, account.school, deps.school.zone, deps.clock.now())
    return render(request, "console", account, data=data, script_texts=TEXTS, wall=wall)
