"""Who is on site by dormitory and by building, in numbers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request

from attendance.calendar.schoolday import day_bounds, local_day
from attendance.site.dormitories import DormitoryCount, dormitories
from campus import db
from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.api.answers import Json, described
from dashboards.deps import deps_of
from dashboards.views.on_site_places import OnSitePlaces, on_site_places

router = APIRouter(tags=["site"])


@router.get("/on-site/dormitories", **described(list[DormitoryCount]))
def on_site_by_dormitory(request: Request, account: Annotated[Account, Depends(allow("site.read"))]) -> Json:
    """How many boarders are in their dormitory, elsewhere on site, off site, and nobody knows where."""
    deps = deps_of(request)
    day_start = day_bounds(local_day(deps.clock.now(), deps.school.zone), deps.school.zone)[0]
    with db.read(deps.engine) as conn:
        return Json(dormitories(conn, account.school, day_start))


@router.get("/on-site/places", **described(OnSitePlaces))
def on_site_by_place(request: Request, account: Annotated[Account, Depends(allow("site.read"))]) -> Json:
    """In which building those inside were last seen, and how many are inside at least and at most by the counters."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        return Json(on_site_places(conn, deps.series, account.school, deps.school.zone, deps.clock.now()))
