"""One school in numbers, for its head and the bureau, which begins with its city: no student on either."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from campus import db
from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.city.scope import school_of, sees_city
from dashboards.city.store import has_city, school_name
from dashboards.deps import deps_of
from dashboards.pages.city import city_page
from dashboards.pages.frame import render
from dashboards.views import overview as views

router = APIRouter(include_in_schema=False)
TEXTS = ("overview", "severity", "state", "status", "kind", "site")


@router.get("/overview")
def overview(
    request: Request,
    account: Annotated[Account, Depends(allow("overview.read"))],
    school: Annotated[str, Query(max_length=64)] = "",
    district: Annotated[str, Query(max_length=64)] = "",
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    """The page with its first numbers. The bureau sees its city, where there is one, and may ask for a ``school``."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        city = sees_city(account) and has_city(conn)
    if city and not school:
        return city_page(request, account, district, offset)
    with db.read(deps.engine) as conn:
        asked = school_of(conn, account, school)
        data = views.overview(conn, asked, deps.school.zone, deps.clock.now())
        name = school_name(conn, asked) if city else ("", "")
    if sees_city(account):
        data = views.veiled(data, deps.dashboards.small_group)
    return render(request, "overview", account, data=data, script_texts=TEXTS, name=name)
