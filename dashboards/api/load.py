"""What the alarms ask of the people who take them, after EEMUA 191 and ISA-18.2."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request

from alerts.review.load import Load
from alerts.review.load_queries import LONGEST_DAYS, load
from campus import db
from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.api.answers import Json, described
from dashboards.deps import deps_of

router = APIRouter(tags=["alarms"])


@router.get("/alarm-load", **described(Load))
def alarm_load(
    request: Request,
    account: Annotated[Account, Depends(allow("alarms.read"))],
    days: Annotated[int, Query(ge=1, le=LONGEST_DAYS)] = 7,
) -> Json:
    """How much alarms ask of people over the last ``days``: alarms of one person in an hour and in 10 minutes, peaks,
    floods, standing alarms, bad actors, chattering, nuisances, and the time until somebody acknowledged by post and
    shift. No student is named.
    """
    deps = deps_of(request)
    now = deps.clock.now()
    with db.read(deps.engine) as conn:
        return Json(load(conn, account.school, now - timedelta(days=days), now, deps.school.zone))
