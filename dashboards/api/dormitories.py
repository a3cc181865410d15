"""Who is on site by dormitory, in numbers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request

from attendance.dormitories import DormitoryCount, dormitories
from attendance.schoolday import day_bounds, local_day
from campus import db
from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.api.answers import Json, described
from dashboards.deps import deps_of

router = APIRouter(tags=["site"])


@router.get("/on-site/dormitories", **described(list[DormitoryCount]))
def on_site_by_dormitory(request: Request, account: Annotated[Account, Depends(allow("site.read"))]) -> Json:
    """How many boarders are in their dormitory, elsewhere on site, off site, and nobody knows where."""
    deps = deps_of(request)
    day_start = day_bounds(local_day(deps.clock.now(), deps.school.zone), deps.school.zone)[0]
    with db.read(deps.engine) as conn:
        return Json(dormitories(conn, account.school, day_start))
