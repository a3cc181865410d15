"""guardians.csv over the console: what it would change, then the import of exactly that file."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Query
from starlette.requests import Request

from attendance.guardians import sheet
from attendance.guardians.sheet import GuardianReport
from campus import db
from campus.errors import Conflict, ImportFileError
from dashboards.access import audit
from dashboards.access.accounts import Account
from dashboards.access.origin import check_origin
from dashboards.access.people import allow
from dashboards.api.answers import InvalidBody, Json, described
from dashboards.deps import deps_of

T = TypeVar("T")
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

    def look(path: Path, digest: str) -> SheetLook:
        with db.read(deps.engine) as conn:
            return SheetLook(digest=digest, report=sheet.look(conn, account.school, path))

    return Json(await _with_sheet(request, look))


@router.post("/import", dependencies=[OwnOrigin], **described(GuardianReport))
async def import_(request: Request, account: Editor, digest: Annotated[str, Query(max_length=64)]) -> Json:
    """Add and change the guardians of the sheet in the body, which must be the file of the dry run; none is removed."""
    deps = deps_of(request)

    def take(path: Path, found: str) -> GuardianReport:
        if found != digest:
            raise Conflict("this is not the file that was looked at; look at it first")
        with db.write(deps.engine) as conn:
            report = sheet.import_guardians(conn, account.school, path, deps.clock.now(), account.id)
            audit.record(conn, deps.wall.now(), account, "guardians.import", str(report.guardians), digest[:12])
            return report

    return Json(await _with_sheet(request, take))


async def _with_sheet(request: Request, work: Callable[[Path, str], T]) -> T:
    """Do ``work`` with the body as a file and its digest; the file is gone afterwards: it holds names and numbers."""
    found = bytearray()
    async for chunk in request.stream():
        found += chunk
        if len(found) > LARGEST:
            raise InvalidBody(f"the file is larger than {LARGEST // 1024 // 1024} MiB; import it by command")
    with tempfile.TemporaryDirectory(prefix="campus-guardians-") as folder:
        path = Path(folder) / _NAME
        path.write_bytes(found)
        try:
            return await run_sync(work, path, hashlib.sha256(found).hexdigest())
        except ImportFileError as error:
            raise InvalidBody(str(error)) from None
