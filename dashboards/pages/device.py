"""The page of one device: its charts, configuration, commands, maintenance, availability and history."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from campus import changes, db
from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.access.roles import may
from dashboards.deps import deps_of
from dashboards.pages.frame import render
from dashboards.views import devices as views

router = APIRouter(include_in_schema=False)
TEXTS = (
    "device", "devices", "kind", "device_state", "presence", "need", "need_do", "metric", "health", "finding",
    "finding_why", "picture_fault", "upkeep", "severity", "state", "ledger",
)  # fmt: skip


@router.get("/devices/{device}")
def device(request: Request, device: str, account: Annotated[Account, Depends(allow("devices.read"))]) -> Response:
    """The page of a device in use; the other devices are there to be compared with."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        seen = changes.last_id(conn)
        file = views.device_file(conn, account.school, device, deps.clock.now())
        others = views.lines(conn, account.school, deps.clock.now())
    data = {
        "seen": seen,
        "file": file,
        "devices": [_brief(line) for line in others],
        "can": {right: may(account.role, right) for right in ("devices.control", "devices.maintain", "series.read")},
    }
    is_agent = file.line.kind == "agent"
    return render(
        request, "device", account, data=data, script_texts=TEXTS, line=file.line,
        controls=is_agent and may(account.role, "devices.control"), may_keep=may(account.role, "devices.control"),
    )  # fmt: skip


def _brief(line: views.DeviceLine) -> dict[str, str | None]:
    return {"id": line.id, "kind": line.kind, "name_zh": line.name_zh, "name_en": line.name_en, "place": line.place_zh}
