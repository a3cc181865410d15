"""The firmware page: which versions run, signed files, campaigns and what became of each device."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.api.firmware import page
from dashboards.deps import deps_of
from dashboards.pages.frame import render

router = APIRouter(include_in_schema=False)
TEXTS = ("campaign", "firmware", "kind")


@router.get("/firmware")
def firmware(request: Request, account: Annotated[Account, Depends(allow("devices.control"))]) -> Response:
    """The page with everything about versions."""
    return render(request, "firmware", account, data=page(deps_of(request), account), script_texts=TEXTS)
