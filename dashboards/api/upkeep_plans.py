"""Planned checks and spare parts: made, done, used, bought."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends
from msgspec import Meta
from starlette.requests import Request

from campus import db
from dashboards.access.accounts import Account
from dashboards.access.origin import check_origin
from dashboards.access.people import allow
from dashboards.api.answers import Json, body, described
from dashboards.api.upkeep import page
from dashboards.deps import deps_of
from dashboards.views.upkeep import Upkeep
from devices.upkeep import checks, spares, tickets
from devices.upkeep.ticket_states import Severity

router = APIRouter(prefix="/upkeep", tags=["upkeep"])
Keeper = Annotated[Account, Depends(allow("devices.maintain"))]
Planner = Annotated[Account, Depends(allow("devices.control"))]
OwnOrigin = Depends(check_origin)
Id = Annotated[str, Meta(min_length=1, max_length=64)]
Title = Annotated[str, Meta(min_length=1, max_length=200)]
Count = Annotated[int, Meta(ge=0, le=100_000)]


class NewCheck(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A check every so many weeks or months from ``first_due`` on: of one device, or of a kind in a place and below."""

    title: Title
    every: Annotated[int, Meta(ge=1, le=checks.MOST_EVERY)]
    unit: checks.Unit
    first_due: date
    instructions: Annotated[str, Meta(max_length=2000)] = ""
    kind: Annotated[str, Meta(max_length=16)] = ""
    place: Id | None = None
    device: Id | None = None


class CheckDone(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was found; a check that was not passed opens a ticket of ``severity`` with the note as its title."""

    passed: bool
    note: Annotated[str, Meta(max_length=200)] = ""
    severity: Severity = "high"
    device: Id | None = None


class NewPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A spare part, with how many there are and from which number on more are to be bought."""

    name: Title
    number: Annotated[str, Meta(max_length=100)] = ""
    shelf: Annotated[str, Meta(max_length=100)] = ""
    stock: Count = 0
    minimum: Count = 0


class PartMoved(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parts that came (above 0) or went (below 0), and the ticket that used them."""

    change: Annotated[int, Meta(ge=-100_000, le=100_000)]
    ticket: Annotated[str, Meta(max_length=36)] = ""
    note: Annotated[str, Meta(max_length=500)] = ""


@router.post("/checks", dependencies=[OwnOrigin], **described(Upkeep, NewCheck))
def plan(request: Request, account: Planner, said: Annotated[NewCheck, Depends(body(NewCheck))]) -> Json:
    """Plan a check. The answer is the whole page."""
    deps = deps_of(request)
    wanted = checks.Plan(**msgspec.structs.asdict(said))
    with db.write(deps.engine) as conn:
        checks.plan(conn, account.school, wanted, account.id, deps.clock.now())
    return Json(page(deps, account))


@router.post("/checks/{check}/done", dependencies=[OwnOrigin], **described(Upkeep, CheckDone))
def done(request: Request, check: str, account: Keeper, said: Annotated[CheckDone, Depends(body(CheckDone))]) -> Json:
    """A check was done today; what was found becomes a ticket. The answer is the whole page."""
    deps = deps_of(request)
    now = deps.clock.now()
    today = now.astimezone(deps.school.zone).date()
    with db.write(deps.engine) as conn:
        about = checks.get(conn, account.school, check)
        ticket = ""
        if not said.passed and said.note:
            work = tickets.Work(
                title=said.note, severity=said.severity, device=said.device or about.device, place=about.place
            )
            ticket = tickets.open_ticket(conn, account.school, work, account.id, now).id
        checks.done(
            conn, account.school, check, today, account.id, now, passed=said.passed, note=said.note, ticket=ticket
        )
    return Json(page(deps, account))


@router.post("/checks/{check}/end", dependencies=[OwnOrigin], **described(Upkeep))
def end(request: Request, check: str, account: Planner) -> Json:
    """Plan a check no longer; what was done stays on record. The answer is the whole page."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        checks.end(conn, account.school, check, deps.clock.now())
    return Json(page(deps, account))


@router.post("/parts", dependencies=[OwnOrigin], **described(Upkeep, NewPart))
def add_part(request: Request, account: Planner, said: Annotated[NewPart, Depends(body(NewPart))]) -> Json:
    """Put a spare part on the list. The answer is the whole page."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        spares.add(
            conn, account.school, said.name, said.number, said.shelf, said.stock, said.minimum, account.id,
            deps.clock.now(),
        )  # fmt: skip
    return Json(page(deps, account))


@router.post("/parts/{part}/move", dependencies=[OwnOrigin], **described(Upkeep, PartMoved))
def move_part(
    request: Request, part: str, account: Keeper, said: Annotated[PartMoved, Depends(body(PartMoved))]
) -> Json:
    """Parts came or went, perhaps for a ticket; never more than there are. The answer is the whole page."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        spares.move(
            conn, account.school, part, said.change, account.id, deps.clock.now(), said.ticket, said.note
        )  # fmt: skip
    return Json(page(deps, account))
