"""The leave page: what waits for a word, who is away, a new request, the note of a return."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from attendance.leave.requests import SYMPTOMS
from campus import db
from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.api.leave import logged_leave
from dashboards.deps import deps_of
from dashboards.pages.frame import render
from dashboards.views.leave import choices

router = APIRouter(include_in_schema=False)
TEXTS = ("leaves", "leave", "symptom", "weekday", "illness")
Teacher = Annotated[Account, Depends(allow("leave.read"))]


@router.get("/leave")
def first_leave(request: Request, account: Teacher) -> Response:
    """The leave of the first own class in which something waits; a page that says so when there is none."""
    with db.read(deps_of(request).engine) as conn:
        mine = choices(conn, account)
    if mine:
        first = max(mine, key=lambda one: one.waiting > 0)
        return RedirectResponse(f"/leave/{first.id}", status_code=303)
    return render(request, "leave", account, template="roll-none.html")


@router.get("/leave/{class_id}")
def leave(request: Request, class_id: str, account: Teacher) -> Response:
    """The leave of an own class; the look is logged."""
    data = logged_leave(deps_of(request), account, class_id)
    return render(request, "leave", account, data=data, script_texts=TEXTS, leave=data, symptoms=SYMPTOMS)
