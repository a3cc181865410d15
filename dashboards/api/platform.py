"""The platform's health, for the administrator."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request

from campus import db
from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.api.answers import Json, described
from dashboards.deps import Deps, deps_of
from dashboards.views import platform as views
from dashboards.views.platform import Platform
from dashboards.views.retention import KeptLine, kept_lines

router = APIRouter(tags=["platform"])
Reader = Annotated[Account, Depends(allow("platform.read"))]


@router.get("/platform/retention", **described(list[KeptLine]))
def retention(request: Request, account: Reader) -> Json:  # noqa: ARG001  whoever may read it
    """What is kept how long, and what the last run forgot."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        return Json(kept_lines(conn, deps.kept))


@router.get("/platform", **described(Platform))
def platform(request: Request, account: Reader) -> Json:
    """What waits, what could not be used, which devices are unknown, who looked at whom."""
    return Json(platform_of(deps_of(request), account))


def platform_of(deps: Deps, account: Account) -> Platform:
    """The platform's health; the store of readings is asked before a transaction begins."""
    problem = views.problem_of(deps.series)
    with db.read(deps.engine) as conn:
        return views.platform(conn, problem, account.school, deps.clock.now(), deps.wall.now())
