"""Prometheus service discovery (http_sd): the devices with an address in the ledger, labelled with what they are."""

from __future__ import annotations

import hmac
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends
from starlette.requests import Request

from campus import db
from dashboards.access.people import allow, person
from dashboards.api.answers import Json, described
from dashboards.deps import deps_of
from devices.discovery import Target, targets

router = APIRouter(prefix="/prometheus", tags=["devices"])


def school_of(request: Request) -> str:
    """The school whose devices may be read: by the token of the settings, or by a session with the right."""
    deps = deps_of(request)
    said = request.headers.get("Authorization", "")
    token = deps.dashboards.discovery_token
    if token and hmac.compare_digest(said.encode(), f"Bearer {token}".encode()):
        return deps.school.id
    return allow("devices.read")(person(request)).school


@router.get("/devices", **described(list[Target]))
def devices(request: Request, school: Annotated[str, Depends(school_of)]) -> Json:
    """A target for each device in use with an address; `__meta_campus_*` labels say id, kind, place, model, state."""
    with db.read(deps_of(request).engine) as conn:
        return Json(msgspec.to_builtins(targets(conn, school)))
