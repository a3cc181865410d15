"""Firmware: signed files, and campaigns that bring them to agents: one, then ten, then all."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends
from msgspec import Meta
from starlette.requests import Request

from campus import db
from dashboards.access.accounts import Account
from dashboards.access.origin import check_origin
from dashboards.access.people import allow
from dashboards.api.answers import Json, body, described
from dashboards.deps import Deps, deps_of
from dashboards.views.firmware import FirmwareView, firmware_view
from devices.firmware import campaigns, inventory

router = APIRouter(prefix="/firmware", tags=["devices"])
Controller = Annotated[Account, Depends(allow("devices.control"))]
OwnOrigin = Depends(check_origin)
Id = Annotated[str, Meta(min_length=1, max_length=64)]


class NewFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file as `campus devices firmware sign` signed it, and the ``url`` at which agents fetch it."""

    signed: inventory.Signed
    url: Annotated[str, Meta(min_length=8, max_length=500)]


class NewCampaign(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``file`` goes to ``devices`` in this order, within ``hours`` (22:00-05:00, local time) if any are said."""

    file: Id
    devices: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=2000)]
    hours: Annotated[str, Meta(max_length=11)] = ""
    downgrade: bool = False


def page(deps: Deps, account: Account) -> FirmwareView:
    """What the page shows."""
    with db.read(deps.engine) as conn:
        return firmware_view(conn, account.school, deps.clock.now())


@router.get("", **described(FirmwareView))
def firmware(request: Request, account: Controller) -> Json:
    """Which versions run where, the files, and the campaigns with what became of each device."""
    return Json(page(deps_of(request), account))


@router.post("/files", dependencies=[OwnOrigin], **described(FirmwareView, NewFile))
def add(request: Request, account: Controller, said: Annotated[NewFile, Depends(body(NewFile))]) -> Json:
    """Put a signed file on the list; agents check size, hash and signature themselves. The answer is the whole page."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        inventory.add(conn, account.school, said.signed, said.url, account.id, deps.clock.now())
    return Json(page(deps, account))


@router.post("/campaigns", dependencies=[OwnOrigin], **described(FirmwareView, NewCampaign))
def begin(request: Request, account: Controller, said: Annotated[NewCampaign, Depends(body(NewCampaign))]) -> Json:
    """Begin a campaign: one device first, then ten, then all; the first failure stops it. Answers the whole page."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        campaigns.begin(
            conn, account.school, said.file, said.devices, account.id, deps.clock.now(), said.hours,
            downgrade=said.downgrade,
        )  # fmt: skip
    return Json(page(deps, account))


@router.post("/campaigns/{campaign}/stop", dependencies=[OwnOrigin], **described(FirmwareView))
def stop(request: Request, campaign: str, account: Controller) -> Json:
    """Send a campaign's file to no more devices; those under way finish. The answer is the whole page."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        campaigns.stop(conn, account.school, campaign, account.name)
    return Json(page(deps, account))
