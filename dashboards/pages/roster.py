"""The roster: upload an export, see what it would change, confirm; and what was imported before."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from attendance.roster import log as roster_log
from campus import db
from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.deps import deps_of
from dashboards.pages.frame import render

router = APIRouter(include_in_schema=False)
TEXTS = ("roster",)


@router.get("/roster")
def roster(request: Request, account: Annotated[Account, Depends(allow("roster.import"))]) -> Response:
    """The page with the record of imports."""
    with db.read(deps_of(request).engine) as conn:
        data = {"imports": roster_log.recent(conn, account.school, limit=20)}
    return render(request, "roster", account, data=data, script_texts=TEXTS)
