"""The roster imports, for the administrator."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request

from campus import db
from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.api.answers import Json, described
from dashboards.deps import deps_of
from dashboards.views import rosters as views
from dashboards.views.rosters import RosterImports

router = APIRouter(prefix="/roster", tags=["platform"])
Admin = Annotated[Account, Depends(allow("platform.read"))]


@router.get("/imports", **described(RosterImports))
def imports(request: Request, account: Admin) -> Json:
    """Every import of a roster: when, what changed by kind and field, why it was refused, which rows were left out."""
    with db.read(deps_of(request).engine) as conn:
        return Json(views.roster_imports(conn, account.school))
