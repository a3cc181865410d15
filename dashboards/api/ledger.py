"""The registry as files: devices with their ledger and places, out and in by CSV, and labels to stick on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import msgspec
import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from campus import db
from campus.errors import ImportFileError
from dashboards.access.accounts import Account
from dashboards.access.origin import check_origin
from dashboards.access.people import allow
from dashboards.api.answers import Json, content, described, file, file_answer
from dashboards.deps import deps_of
from devices.ledger import files, labels, registry_changes
from devices.ledger.label_texts import labels_of
from devices.ledger.registry_changes import RegistryChange
from devices.ledger.table_file import ImportProblems

router = APIRouter(tags=["devices"])
Reader = Annotated[Account, Depends(allow("devices.read"))]
Keeper = Annotated[Account, Depends(allow("devices.control"))]
OwnOrigin = Depends(check_origin)
_read_file, _takes_file = content("text/csv")
_SHOWN = 500  # changes of an import that the answer lists


class FileProblem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong with a file; line 0 is the file itself."""

    line: int
    problem: str


class ImportAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did or, with ``kept`` false, would do: nothing is kept in a dry run or with a problem.

    ``changes`` lists at most 500 of them.
    """

    kept: bool
    added: int
    changed: int
    unchanged: int
    changes: tuple[RegistryChange, ...]
    problems: tuple[FileProblem, ...]


class _NotKept(Exception):
    """Ends the transaction of a dry run."""


@router.get("/device-ledger", **file_answer("text/csv"))
def device_ledger(request: Request, account: Reader) -> Response:
    """Every device in use with its ledger, as a CSV file that the import takes back."""
    with db.read(deps_of(request).engine) as conn:
        return file(files.export_devices(conn, account.school), "text/csv", "devices.csv")


@router.get("/place-table", **file_answer("text/csv"))
def place_table(request: Request, account: Reader) -> Response:
    """The tree of places as a CSV file that the import takes back."""
    with db.read(deps_of(request).engine) as conn:
        return file(files.export_places(conn, account.school), "text/csv", "places.csv")


_import = described(ImportAnswer)
_import["openapi_extra"] |= _takes_file


@router.post("/device-ledger", dependencies=[OwnOrigin], **_import)
def import_devices(
    request: Request, account: Keeper, sent: Annotated[bytes, Depends(_read_file)], dry_run: bool = False
) -> Json:
    """Take over a devices.csv, whole or not at all; a dry run says what it would change and every wrong line."""

    def take(conn: sa.Connection) -> files.Imported:
        rows = files.device_rows("devices.csv", sent)
        return files.take_devices(conn, account.school, rows, deps_of(request).clock.now(), account.id)

    return Json(_taken(request, account, take, dry_run))


@router.post("/place-table", dependencies=[OwnOrigin], **_import)
def import_places(
    request: Request, account: Keeper, sent: Annotated[bytes, Depends(_read_file)], dry_run: bool = False
) -> Json:
    """Take over a places.csv, whole or not at all; a dry run says what it would change and every wrong line."""

    def take(conn: sa.Connection) -> files.Imported:
        rows = files.place_rows("places.csv", sent)
        return files.take_places(conn, account.school, rows, deps_of(request).clock.now(), account.id)

    return Json(_taken(request, account, take, dry_run))


@router.get("/device-labels", **file_answer("application/pdf"))
def device_labels(
    request: Request,
    account: Reader,
    sheet: Literal["a4-24", "a4-65", "a4-14", "roll-62x29", "roll-40x30"] = "a4-24",
    device: Annotated[list[str] | None, Query(max_length=500)] = None,
    place: Annotated[str, Query(max_length=64)] = "",
    skip: Annotated[int, Query(ge=0, le=64)] = 0,
) -> Response:
    """Labels with QR codes of the devices named, of those in ``place`` and below, or of all; as a PDF to print."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        found = labels_of(conn, account.school, deps.dashboards.base_url, device or (), place)
    return file(labels.as_pdf(found, sheet, skip), "application/pdf", f"labels-{sheet}.pdf")


def _taken(
    request: Request, account: Account, take: Callable[[sa.Connection], files.Imported], dry_run: bool
) -> ImportAnswer:
    done = files.Imported(0, 0, 0)
    changes: list[RegistryChange] = []
    try:
        with db.write(deps_of(request).engine) as conn:
            before = registry_changes.last_id(conn)
            done = take(conn)
            changes = registry_changes.since(conn, account.school, before)[:_SHOWN]
            if dry_run:
                raise _NotKept
    except _NotKept:
        pass
    except ImportFileError as error:
        wrong = error.problems if isinstance(error, ImportProblems) else (error,)
        told = tuple(FileProblem(line=one.line, problem=one.problem) for one in wrong[:_SHOWN])
        return ImportAnswer(kept=False, added=0, changed=0, unchanged=0, changes=(), problems=told)
    return ImportAnswer(
        kept=not dry_run, added=done.added, changed=done.changed, unchanged=done.unchanged, changes=tuple(changes),
        problems=(),
    )  # fmt: skip
