"""The roll-out page: a change of configuration for many agents, tried dry, then brought to one, ten, all."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.api.rollouts import page
from dashboards.deps import deps_of
from dashboards.pages.frame import render

router = APIRouter(include_in_schema=False)
TEXTS = ("campaign", "rollout", "kind")


@router.get("/roll-outs")
def rollouts(request: Request, account: Annotated[Account, Depends(allow("devices.control"))]) -> Response:
    """The page with what is under way and what was done."""
    return render(request, "roll-outs", account, data=page(deps_of(request), account), script_texts=TEXTS)
