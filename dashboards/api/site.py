"""Who is on site, in numbers; the plan; the overview of one school."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request

from campus import db
from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.api.answers import Json, described
from dashboards.city.scope import school_of, sees_city
from dashboards.deps import deps_of
from dashboards.views import on_site_now as nows
from dashboards.views import overview as overviews
from dashboards.views import site as views
from dashboards.views.on_site_now import OnSiteNow
from dashboards.views.overview import Overview
from dashboards.views.site import OnSite, Plan

router = APIRouter(tags=["site"])
Reader = Annotated[Account, Depends(allow("site.read"))]
Overseer = Annotated[Account, Depends(allow("overview.read"))]


@router.get("/on-site", **described(OnSite))
def on_site(request: Request, account: Reader) -> Json:
    """How many students are inside, outside, and nobody knows where; by class as well."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        return Json(views.on_site(conn, account.school, deps.school.zone, deps.clock.now()))


@router.get("/on-site/now", **described(OnSiteNow))
def on_site_now(request: Request, account: Reader) -> Json:
    """Who is on site by class, building and dormitory, with names of places, and how sure the number is."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        return Json(nows.on_site_now(conn, deps.series, account.school, deps.school.zone, deps.clock.now()))


@router.get("/plan", **described(Plan))
def plan(request: Request, account: Reader) -> Json:
    """The places and devices of the campus."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        return Json(views.plan(conn, account.school, deps.clock.now()))


@router.get("/overview", **described(Overview))
def overview(request: Request, account: Overseer, school: Annotated[str, Query(max_length=64)] = "") -> Json:
    """The school in numbers, without any student; the bureau may ask for another ``school`` of its city or district."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        asked = school_of(conn, account, school)
        found = overviews.overview(conn, asked, deps.school.zone, deps.clock.now())
    return Json(overviews.veiled(found, deps.dashboards.small_group) if sees_city(account) else found)
