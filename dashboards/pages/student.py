"""A student's page: today with its reasons, the week, the term as a heat map, streaks and changes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.api.student import logged_student
from dashboards.deps import deps_of
from dashboards.pages.frame import render
from dashboards.pages.school_words import school_words

router = APIRouter(include_in_schema=False)
TEXTS = ("student", "status", "why", "site", "leave", "weekday", "sign")


@router.get("/students/{student}")
def student(request: Request, student: str, account: Annotated[Account, Depends(allow("roll.read"))]) -> Response:
    """A student of an own class; the look is logged."""
    data = logged_student(deps_of(request), account, student)
    own = school_words(request, account)
    return render(request, "student", account, data=data, script_texts=TEXTS, own_texts=own, student=data)
