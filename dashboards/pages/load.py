"""The load figures of the alarms for the head of security; written by the server alone, so it prints as it stands."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from campus import db
from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.deps import deps_of
from dashboards.pages.frame import language_of, render
from dashboards.views.load import load_view

router = APIRouter(include_in_schema=False)
SPANS = (1, 7, 30, 90)


@router.get("/load")
def load(
    request: Request,
    account: Annotated[Account, Depends(allow("alarms.read"))],
    days: Annotated[int, Query(ge=1, le=SPANS[-1])] = 7,
) -> Response:
    """The page over the last ``days``."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        view = load_view(conn, account.school, days, deps.clock.now(), deps.school.zone)
    one = int(language_of(request, account) == "en")
    return render(
        request,
        "load",
        account,
        load=view.load,
        days=days,
        spans=SPANS,
        zone=deps.school.zone,
        name=lambda key: view.names.get(key, (key, key))[one],
        rule=lambda key: view.rules.get(key, (key, key))[one],
        busiest=max(view.load.hours, default=0) or 1,
    )
