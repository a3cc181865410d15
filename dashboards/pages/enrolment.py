"""The page of trust for who looks after devices, and the page behind an enrolment's QR code for who scans it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from campus import db
from dashboards.access.accounts import Account
from dashboards.access.people import allow, signed_in
from dashboards.deps import deps_of
from dashboards.pages.frame import render
from dashboards.views.trust import trust_view
from devices.registry import KINDS

router = APIRouter(include_in_schema=False)
TEXTS = ("trust", "kind")


@router.get("/enrolment")
def enrolment(request: Request, account: Annotated[Account, Depends(allow("devices.trust"))]) -> Response:
    """Strangers, devices without an account, and the others."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        data = trust_view(conn, account.school, deps.clock.now())
    return render(request, "enrolment", account, data=data, script_texts=TEXTS, kinds=KINDS)


@router.get("/enrol")
def scanned(request: Request) -> Response:
    """Says what the code is for. The code itself stands behind the # and never reaches us by this way."""
    return render(request, "enrol", signed_in(request), script_texts=("trust",))
