"""The evidence bundle of an alarm, as a file."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from campus import db
from dashboards.access import audit
from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.deps import deps_of
from dashboards.views.bundle import evidence

router = APIRouter(prefix="/alarms", tags=["alarms"])


@router.get("/{alarm_id}/bundle", response_class=Response, responses={200: {"content": {"application/zip": {}}}})
def bundle(request: Request, alarm_id: str, account: Annotated[Account, Depends(allow("alarms.act"))]) -> Response:
    """Everything about an alarm as a zip: time line, who was told and who looked, events, readings, stills, and for a
    student passes and roll, each with its SHA-256. Taking it is logged, and stands in it.
    """
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        audit.record(conn, deps.wall.now(), account, "alarm.bundle", alarm_id)
        content = evidence(conn, deps.series, account, alarm_id, deps.clock.now(), deps.school.zone)
    named = {
        "Content-Disposition": f'attachment; filename="alarm-{alarm_id[:13]}.zip"',
        "Cache-Control": "no-store",
    }
    return Response(content, media_type="application/zip", headers=named)
