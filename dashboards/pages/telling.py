"""Who is told of alarms and how: channels with a test, what became of messages, shifts, and what is set aside."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from alerts.telling import channel_trial
from campus import db
from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.api.channels import Channels
from dashboards.api.duty import duty_of
from dashboards.deps import deps_of
from dashboards.pages.frame import render
from dashboards.views import telling as views
from devices import queries

router = APIRouter(include_in_schema=False)
TEXTS = ("telling", "severity")


@router.get("/telling")
def telling(request: Request, account: Annotated[Account, Depends(allow("platform.read"))]) -> Response:
    """The page as things stand."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        found, tests = channel_trial.channels(conn), channel_trial.tests(conn, account.school)
        log = views.log(conn, account.school, deps.clock.now())
        places = [
            {"id": one.id, "name_zh": one.name, "name_en": one.name_en} for one in queries.places(conn, account.school)
        ]
    data = {
        "channels": Channels(channels=tuple(found), tests=tuple(tests)),
        "duty": duty_of(deps, account),
        "log": log,
        "places": places,
    }
    return render(request, "telling", account, data=data, script_texts=TEXTS)
