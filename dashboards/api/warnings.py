"""The early-warning list of a class over the API."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request

from campus import db
from dashboards.access import audit
from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.api.answers import Json, described
from dashboards.deps import Deps, deps_of
from dashboards.views import warnings as views
from dashboards.views.warnings import Warnings

router = APIRouter(tags=["roll"])
Reader = Annotated[Account, Depends(allow("roll.read"))]
Weeks = Annotated[int, Query(ge=2, le=26)]
USUAL_WEEKS = 8


@router.get("/classes/{class_id}/warnings", **described(Warnings))
def warnings(request: Request, class_id: str, account: Reader, weeks: Weeks = USUAL_WEEKS) -> Json:
    """Who of an own class shows a sign over the last ``weeks``, and on which counted days it rests. The look is
    logged.
    """
    return Json(logged_warnings(deps_of(request), account, class_id, weeks))


def logged_warnings(deps: Deps, account: Account, class_id: str, weeks: int) -> Warnings:
    """The list of an own class; the look is a row of the access log before it is an answer."""
    with db.read(deps.engine) as conn:
        found = views.warnings_of(conn, account, class_id, weeks, deps.clock.now(), deps.school.zone)
    audit.look(deps.engine, deps.wall.now(), account, "warnings.view", class_id)
    return found
