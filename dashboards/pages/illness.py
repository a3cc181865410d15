"""The school doctor's page: what the illness watch opened, and what was done about it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.api.illness import logged_illness
from dashboards.deps import deps_of
from dashboards.pages.frame import render

router = APIRouter(include_in_schema=False)
TEXTS = ("illness", "symptom")


@router.get("/illness")
def illness(request: Request, account: Annotated[Account, Depends(allow("illness.follow"))]) -> Response:
    """Open follow-ups and today's cases; the look is logged."""
    data = logged_illness(deps_of(request), account)
    return render(request, "illness", account, data=data, script_texts=TEXTS)
