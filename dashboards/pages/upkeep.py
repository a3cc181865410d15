"""The maintenance page: tickets, planned checks, spare parts; made for the phone of whoever stands at the device."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.access.roles import may
from dashboards.api.upkeep import page
from dashboards.deps import deps_of
from dashboards.pages.frame import render
from devices.upkeep.ticket_states import OUTCOMES, SEVERITIES

router = APIRouter(include_in_schema=False)
TEXTS = ("works", "kind")


@router.get("/maintenance")
def maintenance(request: Request, account: Annotated[Account, Depends(allow("devices.read"))]) -> Response:
    """The page with everything that is to be kept up."""
    data = page(deps_of(request), account)
    return render(
        request, "maintenance", account, data=data, script_texts=TEXTS, severities=SEVERITIES, outcomes=OUTCOMES,
        upkeep=data, may_plan=may(account.role, "devices.control"), may_act=may(account.role, "devices.maintain"),
    )  # fmt: skip
