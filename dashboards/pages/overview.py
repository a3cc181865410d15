"""One school in numbers, for its head and the bureau: no student on it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from campus import db
from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.city.scope import school_of
from dashboards.deps import deps_of
from dashboards.pages.frame import render
from dashboards.views import overview as views

router = APIRouter(include_in_schema=False)
TEXTS = ("overview", "severity", "state", "status", "kind", "site")


@router.get("/overview")
def overview(
    request: Request,
    account: Annotated[Account, Depends(allow("overview.read"))],
    school: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """The page with its first numbers; the bureau may ask for another ``school``."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        data = views.overview(conn, school_of(conn, account, school), deps.school.zone, deps.clock.now())
    return render(request, "overview", account, data=data, script_texts=TEXTS)
