"""The plan as the school draws it: pictures under it, devices and places put where they are."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from campus import db
from dashboards.access.accounts import Account
from dashboards.access.origin import check_origin
from dashboards.access.people import allow
from dashboards.api.answers import InvalidBody, Json, body, described
from dashboards.deps import deps_of
from dashboards.views import site
from dashboards.views.site import Plan
from devices.plan import drawings, siteplan
from devices.plan.siteplan import Sight

router = APIRouter(prefix="/plan", tags=["site"])
Reader = Annotated[Account, Depends(allow("devices.read"))]
Drawer = Annotated[Account, Depends(allow("plan.draw"))]
OwnOrigin = Depends(check_origin)


class DevicePlace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a device stands on the plan of 1000 x 640, and where it looks if it is a camera."""

    x: float
    y: float
    sight: Sight | None = None


class Outline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The corners of a place as ``x,y x,y ...``."""

    outline: Annotated[str, Meta(max_length=4000)]


@router.get("/drawings/{floor}", response_class=Response, responses={200: {"content": {"image/*": {}}}})
def drawing(request: Request, floor: int, account: Reader) -> Response:
    """The picture under a floor of the plan; floor 0 is the grounds."""
    with db.read(deps_of(request).engine) as conn:
        media_type, data = drawings.get(conn, account.school, floor)
    headers = {"Cache-Control": "private, max-age=31536000", "Content-Disposition": "inline"}
    return Response(data, media_type=media_type, headers=headers)


@router.post("/drawings/{floor}", dependencies=[OwnOrigin], **described(Plan))
async def upload(request: Request, floor: int, account: Drawer) -> Json:
    """Lay the picture in the body (PNG, JPEG or SVG, 2 MiB at most) under a floor; of an SVG only shapes are kept."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > drawings.LARGEST:
            raise InvalidBody(f"the drawing is larger than {drawings.LARGEST // 1024} KiB; save it smaller")
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        drawings.keep(conn, account.school, floor, bytes(data), account.id, deps.wall.now())
        return Json(site.plan(conn, account.school, deps.clock.now()))


@router.post("/drawings/{floor}/remove", dependencies=[OwnOrigin], **described(Plan))
def remove(request: Request, floor: int, account: Drawer) -> Json:
    """Take the picture of a floor away."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        drawings.remove(conn, account.school, floor)
        return Json(site.plan(conn, account.school, deps.clock.now()))


@router.post("/devices/{device}", dependencies=[OwnOrigin], **described(Plan, DevicePlace))
def put_device(
    request: Request, device: str, account: Drawer, said: Annotated[DevicePlace, Depends(body(DevicePlace))]
) -> Json:
    """Put a device where it stands; the answer is the whole plan."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        siteplan.put_device(conn, account.school, device, said.x, said.y, said.sight, account.id, deps.wall.now())
        return Json(site.plan(conn, account.school, deps.clock.now()))


@router.post("/places/{place}", dependencies=[OwnOrigin], **described(Plan, Outline))
def put_place(request: Request, place: str, account: Drawer, said: Annotated[Outline, Depends(body(Outline))]) -> Json:
    """Draw a place; the answer is the whole plan."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        siteplan.put_outline(conn, account.school, place, said.outline, account.id, deps.wall.now())
        return Json(site.plan(conn, account.school, deps.clock.now()))
