"""The report of an incident or a drill, as a document."""

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
from dashboards.views.incident_report import incident_report

router = APIRouter(prefix="/incidents", tags=["muster"])


@router.get("/{incident_id}/report", response_class=Response, responses={200: {"content": {"application/pdf": {}}}})
def report(request: Request, incident_id: str, account: Annotated[Account, Depends(allow("muster.lead"))]) -> Response:
    """Times to 50, 90 and 100 %, the slowest classes, who was not accounted for and where last seen, the time line.

    It names students: the look is logged.
    """
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        content = incident_report(conn, account, incident_id, deps.clock.now(), deps.school.zone)
    audit.look(deps.engine, deps.wall.now(), account, "muster.report", incident_id)
    named = {
        "Content-Disposition": f'attachment; filename="incident-{incident_id[:13]}.pdf"',
        "Cache-Control": "no-store",
    }
    return Response(content, media_type="application/pdf", headers=named)
