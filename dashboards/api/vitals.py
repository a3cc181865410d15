"""The platform's vital signs over the interface."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request

from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.api.answers import Json, described
from dashboards.deps import deps_of
from dashboards.views.vitals import vitals
from dashboards.vitals import Vital

router = APIRouter(tags=["platform"])


@router.get("/platform/health", **described(list[Vital]))
def health(request: Request, account: Annotated[Account, Depends(allow("platform.read"))]) -> Json:  # noqa: ARG001
    """Programs, stores, what waits, channels, roster, certificates, room and backup: each ok, watch or bad."""
    return Json(vitals(deps_of(request)))
