"""The monthly report of the devices, as a file."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from campus import db
from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.deps import deps_of
from devices.presence.report import as_pdf, as_xlsx, month_lines

router = APIRouter(tags=["devices"])
_MEDIA = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


@router.get(
    "/device-report",
    response_class=Response,
    responses={200: {"content": {media: {} for media in _MEDIA.values()}}},
)
def device_report(
    request: Request,
    account: Annotated[Account, Depends(allow("devices.read"))],
    month: str | None = None,
    form: Literal["xlsx", "pdf"] = "xlsx",
) -> Response:
    """Every device's availability and outages in ``month`` (2026-09, the running one by default), worst first."""
    deps = deps_of(request)
    now, zone = deps.clock.now(), deps.school.zone
    wanted = month or now.astimezone(zone).strftime("%Y-%m")
    with db.read(deps.engine) as conn:
        lines = month_lines(conn, account.school, wanted, now, zone)
    content = as_xlsx(lines, wanted) if form == "xlsx" else as_pdf(lines, wanted)
    named = {"Content-Disposition": f'attachment; filename="devices-{wanted}.{form}"'}
    return Response(content, media_type=_MEDIA[form], headers=named)
