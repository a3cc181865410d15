"""The early-warning page: who shows a sign, each with the counted days it rests on."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from campus import db
from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.api.warnings import USUAL_WEEKS, Weeks, logged_warnings
from dashboards.deps import deps_of
from dashboards.pages.frame import render
from dashboards.views.classes import own_classes

router = APIRouter(include_in_schema=False)
TEXTS = ("warnings", "sign", "weekday")
CHOICES = (4, 8, 20)
Teacher = Annotated[Account, Depends(allow("roll.read"))]


@router.get("/warnings")
def first_warnings(request: Request, account: Teacher) -> Response:
    """The list of the first own class; a page that says so when there is none."""
    with db.read(deps_of(request).engine) as conn:
        mine = own_classes(conn, account)
    if mine:
        return RedirectResponse(f"/warnings/{mine[0].id}", status_code=303)
    return render(request, "warnings", account, template="roll-none.html")


@router.get("/warnings/{class_id}")
def warnings(request: Request, class_id: str, account: Teacher, weeks: Weeks = USUAL_WEEKS) -> Response:
    """The list of an own class; the look is logged."""
    data = logged_warnings(deps_of(request), account, class_id, weeks)
    return render(request, "warnings", account, data=data, script_texts=TEXTS, warnings=data, choices=CHOICES)
