"""The class roll: exceptions first, the reason on each mark, one touch to correct."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from campus import db
from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.api.roll import logged_roll
from dashboards.deps import deps_of
from dashboards.pages.frame import render
from dashboards.pages.school_words import school_words
from dashboards.views.classes import own_classes

router = APIRouter(include_in_schema=False)
TEXTS = ("roll", "page", "unsaved", "status", "why", "correct", "site", "leave")
Teacher = Annotated[Account, Depends(allow("roll.read"))]


@router.get("/roll")
def first_roll(request: Request, account: Teacher) -> Response:
    """The roll of the first own class; a page that says so when there is none."""
    with db.read(deps_of(request).engine) as conn:
        mine = own_classes(conn, account)
    if mine:
        return RedirectResponse(f"/roll/{mine[0].id}", status_code=303)
    return render(request, "roll", account, template="roll-none.html")


@router.get("/roll/{class_id}")
def roll(
    request: Request, class_id: str, account: Teacher, session: str | None = None, day: date | None = None
) -> Response:
    """The roll of an own class today or on ``day``, of its arrival or another session; the look is logged."""
    data = logged_roll(deps_of(request), account, class_id, day, session)
    own = school_words(request, account)
    return render(request, "roll", account, data=data, script_texts=TEXTS, own_texts=own, roll=data)
