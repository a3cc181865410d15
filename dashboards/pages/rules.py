"""The rules: what is in force and why, a draft that is checked while it is written, replayed, and put in force."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from alerts.rules.rulefile import rules_schema
from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.api.rules import desk_of
from dashboards.deps import deps_of
from dashboards.pages.frame import render

router = APIRouter(include_in_schema=False)
TEXTS = ("rules", "draft", "severity")


@router.get("/rules")
def rules(request: Request, account: Annotated[Account, Depends(allow("rules.change"))]) -> Response:
    """The page with the rules as they stand, and the schema its editor is made from."""
    data = {"desk": desk_of(deps_of(request), account), "schema": rules_schema()}
    return render(request, "rules", account, data=data, script_texts=TEXTS)
