"""The page on which a school draws its plan."""

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
from dashboards.views import site

router = APIRouter(include_in_schema=False)
TEXTS = ("drawing", "plan", "kind", "device_state")


@router.get("/plan")
def plan(request: Request, account: Annotated[Account, Depends(allow("plan.draw"))]) -> Response:
    """The plan, to be changed."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        data = site.plan(conn, account.school, deps.clock.now())
    return render(request, "plan", account, data=data, script_texts=TEXTS)
