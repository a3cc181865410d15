"""Rosters over the console: what an export would change, then the import of exactly that file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from fastapi import APIRouter, Depends
from starlette.requests import Request

from attendance.roster.importing import RosterReport
from attendance.roster.progress import Progress
from attendance.roster.run import RosterRun, Wishes, digest_of
from dashboards.access.accounts import Account
from dashboards.access.origin import check_origin
from dashboards.access.people import allow
from dashboards.api.answers import Json, described
from dashboards.api.looked_at import Digest, must_be, with_file
from dashboards.deps import Deps, deps_of
from dashboards.import_steps import ImportStep, ImportSteps

T = TypeVar("T")
router = APIRouter(prefix="/roster", tags=["platform"])
Importer = Annotated[Account, Depends(allow("roster.import"))]
OwnOrigin = Depends(check_origin)
LARGEST = 64 * 1024 * 1024
_NAME = "upload.zip"


class DryRun(msgspec.Struct, frozen=True, kw_only=True):
    """What an export would change. ``digest`` names the file: the import takes no other one."""

    digest: str
    report: RosterReport


@router.post("/dry-run", dependencies=[OwnOrigin], **described(DryRun))
async def dry_run(request: Request, account: Importer) -> Json:
    """Say what the export in the body (a zip of OneRoster or School Data Sync files) would change; nothing is."""
    deps = deps_of(request)

    def look(path: Path, progress: Progress) -> DryRun:
        return DryRun(digest=digest_of(path), report=_run(deps, account, confirmed=False).dry(path, progress))

    return Json(await _with_file(request, account, look))


@router.post("/import", dependencies=[OwnOrigin], **described(RosterReport))
async def import_(
    request: Request,
    account: Importer,
    digest: Digest,
    confirm: bool = False,
) -> Json:
    """Import the export in the body, which must be the file of the dry run; ``confirm`` when many students would go."""
    deps = deps_of(request)

    def take(path: Path, progress: Progress) -> RosterReport:
        must_be(path, digest)
        return _run(deps, account, confirmed=confirm).take_file(path, "console", progress)

    return Json(await _with_file(request, account, take))


@router.get("/progress", **described(ImportStep))
def progress(request: Request, account: Importer) -> Json:
    """How far the look or import is that this account waits for: sheets read, held together, compared, applied."""
    return Json(_steps(request).of(account.id))


def _steps(request: Request) -> ImportSteps:
    found = request.app.state.import_steps
    assert isinstance(found, ImportSteps)
    return found


def _run(deps: Deps, account: Account, *, confirmed: bool) -> RosterRun:
    return RosterRun(deps.engine, account.school, deps.clock, Wishes(confirmed=confirmed))


async def _with_file(request: Request, account: Account, work: Callable[[Path, Progress], T]) -> T:
    steps = _steps(request)
    try:
        return await with_file(request, _NAME, LARGEST, lambda path: work(path, steps.watch(account.id)))
    finally:
        steps.end(account.id)
