"""The guardians page: who gets which messages in which language, and what was sent."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from campus import db
from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.api.guardians import logged_guardians
from dashboards.deps import deps_of
from dashboards.pages.frame import render
from dashboards.views.classes import own_classes

router = APIRouter(include_in_schema=False)
TEXTS = ("guardians", "status", "reason")
Reader = Annotated[Account, Depends(allow("guardians.read"))]


@router.get("/guardians")
def first_guardians(request: Request, account: Reader) -> Response:
    """The guardians of the first own class; a page that says so when there is none."""
    with db.read(deps_of(request).engine) as conn:
        mine = own_classes(conn, account)
    if mine:
        return RedirectResponse(f"/guardians/{mine[0].id}", status_code=303)
    return render(request, "guardians", account, template="roll-none.html")


@router.get("/guardians/{class_id}")
def guardians(request: Request, class_id: str, account: Reader) -> Response:
    """The guardians of an own class; the look is logged."""
    data = logged_guardians(deps_of(request), account, class_id)
    return render(request, "guardians", account, data=data, script_texts=TEXTS, view=data)
