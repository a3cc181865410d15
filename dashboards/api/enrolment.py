"""Enrolment: an agent trades its code, renews its account, learns the authority. For machines, not for browsers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

import sqlalchemy as sa
from fastapi import APIRouter, Depends
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from campus import db
from campus.enrolment import Enrolled, Renewal, Trade
from campus.errors import NotFound
from dashboards.access import throttle
from dashboards.access.origin import check_origin
from dashboards.api.answers import Json, body, described
from dashboards.deps import Deps, deps_of
from devices.trust import accounts, codes
from devices.trust.accounts import Credential

router = APIRouter(prefix="/enrolment", tags=["enrolment"])
OwnOrigin = Depends(check_origin)


@router.post("", dependencies=[OwnOrigin], **described(Enrolled, Trade))
def trade(request: Request, said: Annotated[Trade, Depends(body(Trade))]) -> Json:
    """Trade a one-time code for the device's own account at the broker. The code is the right to do so."""
    address = _address(request)
    return _give(request, lambda conn, now: codes.trade(conn, said.code, address, now))


@router.post("/renew", dependencies=[OwnOrigin], **described(Enrolled, Renewal))
def renew(request: Request, said: Annotated[Renewal, Depends(body(Renewal))]) -> Json:
    """Give a device a new account for the one it shows, which works on for a day."""
    return _give(request, lambda conn, now: accounts.renew(conn, said.username, said.password, now))


@router.get("/authority", response_class=PlainTextResponse, responses={200: {"description": "PEM"}})
def authority(request: Request) -> Response:
    """The certificate authority of this installation. It proves nothing by itself: compare its fingerprint."""
    pem = authority_of(deps_of(request))
    if not pem:
        raise NotFound("this installation uses a public certificate authority")
    return PlainTextResponse(pem, media_type="application/x-pem-file")


def authority_of(deps: Deps) -> str:
    """The authority's certificate as PEM, or empty where it is a public one."""
    path = deps.trust.authority
    return path.read_text(encoding="ascii") if path is not None else ""


def _give(request: Request, make: Callable[[sa.Connection, datetime], Credential]) -> Json:
    """Make an account unless too many tries failed. A try is on record before it is judged, and stays when it fails."""
    deps, address = deps_of(request), _address(request)
    name = f"enrol {address}"[:64]  # no login has a blank in it
    with db.write(deps.engine) as conn:
        verdict = throttle.may_try(conn, name, address, deps.wall.now())
        if not verdict.allowed:
            raise HTTPException(429, verdict.reason, {"Retry-After": str(verdict.wait_s)})
        throttle.remember_try(conn, name, address, deps.wall.now())
    with db.write(deps.engine) as conn:
        made = make(conn, deps.clock.now())
        throttle.forget_tries(conn, name, address)
    return Json(_enrolled(deps, made))


def _enrolled(deps: Deps, made: Credential) -> Enrolled:
    trust = deps.trust
    return Enrolled(
        school=made.school,
        device=made.device,
        host=trust.broker_host or urlsplit(deps.dashboards.base_url).hostname or "127.0.0.1",
        port=trust.broker_port,
        tls=trust.broker_tls,
        username=made.username,
        password=made.password,
        authority=authority_of(deps),
        renew_days=trust.renew_days,
    )


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
