"""guardians.csv over the console: what it would change, then the import of exactly that file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends
from starlette.requests import Request

from attendance.guardians import sheet
from attendance.guardians.sheet import GuardianReport
from attendance.roster.run import digest_of
from campus import db
from dashboards.access import audit
from dashboards.access.accounts import Account
from dashboards.access.origin import check_origin
from dashboards.access.people import allow
from dashboards.api.answers import Json, described
from dashboards.api.looked_at import Digest, must_be, with_file
from dashboards.deps import deps_of

router = APIRouter(prefix="/guardian-sheet", tags=["guardians"])
Editor = Annotated[Account, Depends(allow("guardians.edit"))]
OwnOrigin = Depends(check_origin)
LARGEST = 16 * 1024 * 1024
_NAME = "guardians.csv"


class SheetLook(msgspec.Struct, frozen=True, kw_only=True):
    """What a sheet would change. ``digest`` names the file: the import takes no other one."""

    digest: str
    report: GuardianReport


@router.post("/dry-run", dependencies=[OwnOrigin], **described(SheetLook))
async def dry_run(request: Request, account: Editor) -> Json:
    """Say what guardians.csv in the body would change; nothing is. Every wrong line is named with its fix."""
    deps = deps_of(request)

    def look(path: Path) -> SheetLook:
        with db.read(deps.engine) as conn:
            return SheetLook(digest=digest_of(path), report=sheet.look(conn, account.school, path))

    return Json(await with_file(request, _NAME, LARGEST, look))


@router.post("/import", dependencies=[OwnOrigin], **described(GuardianReport))
async def import_(request: Request, account: Editor, digest: Digest) -> Json:
    """Add and change the guardians of the sheet in the body, which must be the file of the dry run; none is removed."""
    deps = deps_of(request)

    def take(path: Path) -> GuardianReport:
        must_be(path, digest)
        with db.write(deps.engine) as conn:
            report = sheet.import_guardians(conn, account.school, path, deps.clock.now(), account.id)
            audit.record(conn, deps.wall.now(), account, "guardians.import", str(report.guardians), digest[:12])
            return report

    return Json(await with_file(request, _NAME, LARGEST, take))
