"""The device list: what needs a person today, then everything."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from campus import db
from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.deps import deps_of
from dashboards.pages.frame import render
from dashboards.views import devices as views

router = APIRouter(include_in_schema=False)
TEXTS = (
    "devices", "kind", "device_state", "presence", "need", "need_do", "metric", "health", "finding", "finding_why",
    "picture_fault", "upkeep",
)  # fmt: skip


@router.get("/devices")
def devices(request: Request, account: Annotated[Account, Depends(allow("devices.read"))]) -> Response:
    """The page with the whole list."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        data = views.device_list(conn, account.school, deps.clock.now())
    return render(request, "devices", account, data=data, script_texts=TEXTS)
