"""The muster: who is accounted for, at the guard's desk and on each class teacher's phone at the assembly point."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.access.roles import may
from dashboards.api.muster import logged_muster
from dashboards.deps import deps_of
from dashboards.pages.frame import render

router = APIRouter(include_in_schema=False)
TEXTS = ("muster", "page", "unsaved", "incident", "site")


@router.get("/muster")
def muster(request: Request, account: Annotated[Account, Depends(allow("muster.read"))]) -> Response:
    """The page with its first picture."""
    data = logged_muster(deps_of(request), account)
    return render(request, "muster", account, data=data, script_texts=TEXTS, leads=may(account.role, "muster.lead"))
