"""Who may speak for a device: codes for enrolment, revocation, strangers adopted or put aside."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends
from msgspec import Meta
from starlette.requests import Request

from campus import db, qr
from dashboards.access.accounts import Account
from dashboards.access.origin import check_origin
from dashboards.access.people import allow
from dashboards.api.answers import Json, body, described
from dashboards.deps import Deps, deps_of
from dashboards.views.trust import TrustView, trust_view
from devices.trust import accounts, codes
from devices.trust.adoption import Adoption, adopt, block
from devices.trust.link import enrolment_link

router = APIRouter(prefix="/trust", tags=["devices"])
Keeper = Annotated[Account, Depends(allow("devices.trust"))]
OwnOrigin = Depends(check_origin)


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """A new code, shown this once: as text, as the address for `campus edge enrol`, and as a QR code (SVG)."""

    device: str
    code: str
    link: str
    qr: str
    until: datetime


class Why(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The reason, for the record."""

    why: Annotated[str, Meta(min_length=1, max_length=200)]


class Adopting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a stranger is to be."""

    kind: Annotated[str, Meta(min_length=1, max_length=16)]
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    name_en: Annotated[str, Meta(max_length=200)] = ""
    place: Annotated[str, Meta(max_length=64)] | None = None
    parent: Annotated[str, Meta(max_length=64)] | None = None


@router.get("", **described(TrustView))
def look(request: Request, account: Keeper) -> Json:
    """Devices with and without an account, waiting codes, strangers, and the last steps."""
    return Json(_view(deps_of(request), account))


@router.post("/devices/{device}/code", dependencies=[OwnOrigin], **described(Code))
def make_code(request: Request, device: str, account: Keeper) -> Json:
    """Make a one-time code for a device; one made before is good no more."""
    deps = deps_of(request)
    now, good_for = deps.clock.now(), timedelta(hours=deps.trust.code_hours)
    base_url = deps.dashboards.base_url or str(request.base_url)
    with db.write(deps.engine) as conn:
        code = codes.make(conn, account.school, device, account.id, now, good_for)
    link = enrolment_link(base_url, code, deps.trust.authority)
    return Json(Code(device=device, code=code, link=link, qr=qr.svg(link), until=now + good_for))


@router.post("/devices/{device}/withdraw", dependencies=[OwnOrigin], **described(TrustView))
def withdraw(request: Request, device: str, account: Keeper) -> Json:
    """Make the waiting code of a device good no more."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        codes.withdraw(conn, account.school, device, account.id, deps.clock.now())
    return Json(_view(deps, account))


@router.post("/devices/{device}/revoke", dependencies=[OwnOrigin], **described(TrustView, Why))
def revoke(request: Request, device: str, account: Keeper, said: Annotated[Why, Depends(body(Why))]) -> Json:
    """End every account of a device: it is lost, stolen or gone. The broker throws it out within seconds."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        accounts.revoke(conn, account.school, device, account.id, deps.clock.now(), said.why)
    return Json(_view(deps, account))


@router.post("/strangers/{device}/adopt", dependencies=[OwnOrigin], **described(TrustView, Adopting))
def take_in(request: Request, device: str, account: Keeper, said: Annotated[Adopting, Depends(body(Adopting))]) -> Json:
    """Put a device of the quarantine into the registry."""
    deps = deps_of(request)
    wanted = Adoption(**msgspec.structs.asdict(said))
    with db.write(deps.engine) as conn:
        adopt(conn, account.school, device, wanted, account.id, deps.clock.now())
    return Json(_view(deps, account))


@router.post("/strangers/{device}/block", dependencies=[OwnOrigin], **described(TrustView, Why))
def put_aside(request: Request, device: str, account: Keeper, said: Annotated[Why, Depends(body(Why))]) -> Json:
    """Say that a stranger is none of ours: it stays refused, and is asked about no more."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        block(conn, account.school, device, account.id, deps.clock.now(), said.why)
    return Json(_view(deps, account))


def _view(deps: Deps, account: Account) -> TrustView:
    with db.read(deps.engine) as conn:
        return trust_view(conn, account.school, deps.clock.now())
