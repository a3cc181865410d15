"""Firmware: signed files, and campaigns that bring them to agents: one, then ten, then all."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Path, Query
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from campus import db
from campus.errors import Conflict
from dashboards.access.accounts import Account
from dashboards.access.origin import check_origin
from dashboards.access.people import allow
from dashboards.api.answers import InvalidBody, Json, body, content, described, file_answer
from dashboards.deps import Deps, deps_of, firmware_files_of
from dashboards.views.firmware import FirmwareView, firmware_view
from devices.control.campaigns import Act, Plan
from devices.control.campaigns import act as act_on
from devices.firmware import campaigns, inventory

router = APIRouter(prefix="/firmware", tags=["devices"])
Controller = Annotated[Account, Depends(allow("devices.control"))]
OwnOrigin = Depends(check_origin)
Id = Annotated[str, Meta(min_length=1, max_length=64)]
_MEDIA = "application/octet-stream"
_read_file, _takes_file = content(_MEDIA, lambda deps: deps.firmware.largest_mb)


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
    tolerate: Annotated[int, Meta(ge=0, le=99)] = 0  # percent of those that have it that may fail
    start: bool = True  # else it waits until somebody starts it


def page(deps: Deps, account: Account) -> FirmwareView:
    """What the page shows."""
    with db.read(deps.engine) as conn:
        return firmware_view(conn, account.school, deps.firmware.keys, deps.clock.now())


@router.get("", **described(FirmwareView))
def firmware(request: Request, account: Controller) -> Json:
    """Which versions run where, the files, and the campaigns with what became of each device."""
    return Json(page(deps_of(request), account))


@router.post("/files", dependencies=[OwnOrigin], **described(FirmwareView, NewFile))
def add(request: Request, account: Controller, said: Annotated[NewFile, Depends(body(NewFile))]) -> Json:
    """Put a signed file on the list; agents check size, hash and signature themselves. The answer is the whole page."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        inventory.add(
            conn, account.school, said.signed, said.url, account.id, deps.clock.now(),
            signed_by=inventory.signer(deps.firmware.keys, said.signed),
        )  # fmt: skip
    return Json(page(deps, account))


_upload = described(FirmwareView)
_upload["openapi_extra"] |= _takes_file


@router.post("/uploads", dependencies=[OwnOrigin], **_upload)
def upload(
    request: Request,
    account: Controller,
    signed: Annotated[str, Query(min_length=2, max_length=1000, description="What `sign` wrote beside the file")],
    sent: Annotated[bytes, Depends(_read_file)],
) -> Json:
    """Put a signed file on the list, the file itself as the body; agents fetch it from the console.

    It is refused when it is not the file that was signed, or signed by none of `[[firmware.keys]]`.
    """
    deps = deps_of(request)
    said = _read_signed(signed)
    if not deps.firmware.keys:
        raise Conflict("the platform knows no signing key: name it under [[firmware.keys]] of campus.toml")
    if not deps.dashboards.base_url:
        raise Conflict("agents would not know where to fetch it: set [dashboards] base_url in campus.toml")
    signer = inventory.signer(deps.firmware.keys, said)
    inventory.refuse_other(said, sent)
    kept = firmware_files_of(deps).keep(sent, _MEDIA)
    url = f"{deps.dashboards.base_url.rstrip('/')}/api/v1/firmware/content/{said.sha256}"
    now = deps.clock.now()
    try:
        with db.write(deps.engine) as conn:
            inventory.add(conn, account.school, said, url, account.id, now, signed_by=signer, kept=kept.id)
    except BaseException:
        firmware_files_of(deps).drop(kept.id)
        raise
    return Json(page(deps, account))


@router.get("/content/{sha256}", **file_answer(_MEDIA))
def fetch(request: Request, sha256: Annotated[str, Path(pattern="^[0-9a-f]{64}$")]) -> Response:
    """An uploaded file, for agents: they have no account, and only who was told its hash can ask for it."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        found = inventory.by_hash(conn, sha256)
    return FileResponse(firmware_files_of(deps).path(found.kept), media_type=_MEDIA)


@router.post("/campaigns", dependencies=[OwnOrigin], **described(FirmwareView, NewCampaign))
def begin(request: Request, account: Controller, said: Annotated[NewCampaign, Depends(body(NewCampaign))]) -> Json:
    """Begin a campaign: one device first, then ten, then all; too many failures stop it. Answers the whole page."""
    deps = deps_of(request)
    plan = Plan(devices=said.devices, hours=said.hours, tolerate=said.tolerate, start=said.start)
    with db.write(deps.engine) as conn:
        now = deps.clock.now()
        campaigns.begin(conn, account.school, said.file, plan, account.id, now, downgrade=said.downgrade)
    return Json(page(deps, account))


@router.post("/campaigns/{campaign}/{act}", dependencies=[OwnOrigin], **described(FirmwareView))
def act(request: Request, campaign: str, act: Act, account: Controller) -> Json:
    """Start, pause, resume or stop a campaign; devices under way finish. The answer is the whole page."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        act_on(conn, account.school, campaigns.KIND, campaign, act, account.id, deps.clock.now(), account.name)
    return Json(page(deps, account))


def _read_signed(text: str) -> inventory.Signed:
    try:
        return msgspec.json.decode(text, type=inventory.Signed)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidBody(f"`signed` is not what `campus devices firmware sign` writes: {error}") from None
