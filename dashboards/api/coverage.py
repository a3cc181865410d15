"""Which places are watched and which are blind."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request

from campus import db
from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.api.answers import Json, described
from dashboards.deps import deps_of
from dashboards.views import coverage as views
from dashboards.views.coverage import Coverage

router = APIRouter(tags=["devices"])


@router.get("/coverage", **described(Coverage))
def coverage(request: Request, account: Annotated[Account, Depends(allow("devices.read"))]) -> Json:
    """Every place that cameras, gates or sensors cover, the blind key areas first, and what nothing covers."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        return Json(views.coverage(conn, account.school, deps.clock.now()))
