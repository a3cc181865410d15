"""The routes: who is told of which alarm as a table, a draft that is judged and tried, and the way back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from alerts.telling import channel_trial
from alerts.telling.routefile import routes_schema
from attendance.queries import classes
from campus import db
from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.api.routes import desk_of, judged_of, tag_of_desk
from dashboards.api.rules import rules_in_force
from dashboards.deps import deps_of
from dashboards.pages.frame import render
from devices.queries import places

router = APIRouter(include_in_schema=False)
TEXTS = ("routes", "draft", "severity", "kind")


@router.get("/routes")
def routes(request: Request, account: Annotated[Account, Depends(allow("rules.change"))]) -> Response:
    """The page with the routes in force, and what its editor and its trial are made from."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        desk = desk_of(conn, deps, account)
        data = {
            "desk": desk,
            "tag": tag_of_desk(desk),
            "judged": judged_of(conn, deps, account.school),
            "schema": routes_schema(),
            "channels": channel_trial.channels(conn),
            "rules": [
                {"id": one.id, "title": one.title, "severity": one.severity} for one in rules_in_force(deps).rules
            ],
            "places": [{"id": one.id, "zh": one.name, "en": one.name_en} for one in places(conn, account.school)],
            "classes": [{"id": one.id, "name": one.title} for one in classes(conn, account.school)],
        }
    return render(request, "routes", account, data=data, script_texts=TEXTS)
