"""The ledger of one device: serial, purchase, warranty, notes, papers, and taking it out of use."""

from __future__ import annotations

from typing import Annotated

import msgspec
import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from campus import db
from dashboards.access.accounts import Account
from dashboards.access.origin import check_origin
from dashboards.access.people import allow
from dashboards.api.answers import Json, body, content, described, file, file_answer
from dashboards.api.conditional import IfMatch, must_match, tagged
from dashboards.deps import Deps, attachments_of, deps_of
from dashboards.views.assets import AssetFile, asset_file
from devices.ledger import documents
from devices.ledger.assets import Amendment, amend, refuse_unknown
from devices.ledger.retirement import take_out
from devices.upkeep.calibration import follow_ledger

router = APIRouter(prefix="/devices/{device}", tags=["devices"])
Reader = Annotated[Account, Depends(allow("devices.read"))]
Keeper = Annotated[Account, Depends(allow("devices.control"))]
OwnOrigin = Depends(check_origin)
_read_file, _takes_file = content("application/octet-stream")
_ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "text/plain": "txt"}


class NewLink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A paper that lies elsewhere."""

    title: Annotated[str, Meta(min_length=1, max_length=200)]
    link: Annotated[str, Meta(min_length=8, max_length=500)]


class Retirement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why, for the record."""

    why: Annotated[str, Meta(min_length=1, max_length=200)]


@router.get("/asset", **described(AssetFile))
def look(request: Request, device: str, account: Reader) -> Json:
    """What the ledger says of a device, its papers, and every change of it."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        return Json(_file(conn, deps, account, device))


@router.patch("/asset", dependencies=[OwnOrigin], **described(AssetFile, Amendment, refuses=("412",)))
def change(
    request: Request,
    device: str,
    account: Keeper,
    said: Annotated[Amendment, Depends(body(Amendment))],
    if_match: IfMatch = None,
) -> Json:
    """Change fields of the ledger; what is left out stays. Each change is on record, a calibration planned."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        must_match(if_match, _file(conn, deps, account, device))
        amend(conn, account.school, device, said, account.id, deps.clock.now())
        follow_ledger(conn, account.school, [device], account.id, deps.clock.now())
        return tagged(_file(conn, deps, account, device))


@router.post("/retire", dependencies=[OwnOrigin], **described(AssetFile, Retirement))
def retire(
    request: Request, device: str, account: Keeper, said: Annotated[Retirement, Depends(body(Retirement))]
) -> Json:
    """Take a device out of use: it is no longer listened to, its accounts end, its history stays."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        take_out(conn, account.school, device, account.id, deps.clock.now(), said.why)
        return tagged(_file(conn, deps, account, device))


_upload = described(AssetFile)
_upload["openapi_extra"] |= _takes_file


@router.post("/documents", dependencies=[OwnOrigin], **_upload)
def add_file(
    request: Request,
    device: str,
    account: Keeper,
    title: Annotated[str, Query(min_length=1, max_length=200)],
    sent: Annotated[bytes, Depends(_read_file)],
) -> Json:
    """Keep the body as a paper of a device: PDF, JPEG, PNG, ZIP, an office file or plain text."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        refuse_unknown(conn, account.school, device)
    kept = attachments_of(deps).keep(sent)
    try:
        with db.write(deps.engine) as conn:
            documents.add_file(conn, account.school, device, title, kept, account.id, deps.clock.now())
            found = _file(conn, deps, account, device)
    except BaseException:
        attachments_of(deps).drop(kept.id)
        raise
    return tagged(found)


@router.post("/document-links", dependencies=[OwnOrigin], **described(AssetFile, NewLink))
def add_link(request: Request, device: str, account: Keeper, said: Annotated[NewLink, Depends(body(NewLink))]) -> Json:
    """Put a link among the papers of a device."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        documents.add_link(conn, account.school, device, said.title, said.link, account.id, deps.clock.now())
        return tagged(_file(conn, deps, account, device))


@router.get("/documents/{document}", **file_answer("application/pdf", "image/jpeg", "image/png", "text/plain", "application/zip"))  # fmt: skip # noqa: E501
def fetch(request: Request, device: str, document: str, account: Reader) -> Response:
    """One paper as a file to be saved."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        found = documents.get(conn, account.school, device, document)
    ending = _ENDINGS.get(found.media, "zip")
    return file(attachments_of(deps).read(found.id), found.media or "text/plain", f"{device}-{found.id[-8:]}.{ending}")


@router.post("/documents/{document}/remove", dependencies=[OwnOrigin], **described(AssetFile))
def remove(request: Request, device: str, document: str, account: Keeper) -> Json:
    """Take a paper away; that it was there stays on record."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        gone = documents.remove(conn, account.school, device, document, account.id, deps.clock.now())
        found = _file(conn, deps, account, device)
    if not gone.link:
        attachments_of(deps).drop(gone.id)
    return tagged(found)


def _file(conn: sa.Connection, deps: Deps, account: Account, device: str) -> AssetFile:
    today = deps.clock.now().astimezone(deps.school.zone).date()
    return asset_file(conn, account.school, device, today)
