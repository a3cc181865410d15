"""Tickets: opened from a device or an alarm, given to somebody, written and photographed on, done, verified."""

from __future__ import annotations

from typing import Annotated

import msgspec
import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from campus import db
from campus.errors import Conflict
from dashboards.access.accounts import Account
from dashboards.access.origin import check_origin
from dashboards.access.people import allow
from dashboards.api import paging
from dashboards.api.answers import Json, body, content, described, file_answer
from dashboards.deps import Deps, attachments_of, deps_of
from dashboards.views import upkeep as views
from dashboards.views.upkeep import TicketFile, TicketLine, Upkeep
from devices.upkeep import photos, tickets
from devices.upkeep.ticket_states import Act, Outcome, Severity

router = APIRouter(prefix="/upkeep", tags=["upkeep"])
Reader = Annotated[Account, Depends(allow("devices.read"))]
Keeper = Annotated[Account, Depends(allow("devices.maintain"))]
OwnOrigin = Depends(check_origin)
Id = Annotated[str, Meta(min_length=1, max_length=64)]
Words = Annotated[str, Meta(max_length=1000)]
_read_photo, _takes_photo = content("image/*")
# What an alarm of each severity asks of the ticket that is opened from it.
_OF_ALARM: dict[str, Severity] = {"critical": "urgent", "major": "high", "warning": "normal", "info": "low"}


class NewTicket(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ticket on a device or in a place; with ``alarm`` the rest may be left out: it is taken from the alarm."""

    title: Annotated[str, Meta(max_length=200)] = ""
    severity: Severity | None = None
    device: Id | None = None
    place: Id | None = None
    alarm: Id | None = None


class TicketWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes with an act: ``assignee`` (an account) for assign, ``outcome`` for done, ``note`` for the others."""

    assignee: Annotated[str, Meta(max_length=64)] = ""
    outcome: Outcome | None = None
    note: Words = ""


class Written(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A comment."""

    text: Annotated[str, Meta(min_length=1, max_length=2000)]


@router.get("", **described(Upkeep))
def look(request: Request, account: Reader) -> Json:
    """Tickets, planned checks and spare parts, what is to be done first in front."""
    return Json(page(deps_of(request), account))


@router.post("/tickets", dependencies=[OwnOrigin], **described(TicketFile, NewTicket))
def open_ticket(request: Request, account: Keeper, said: Annotated[NewTicket, Depends(body(NewTicket))]) -> Json:
    """Open a ticket; it is due by its severity. An alarm has at most one that lives."""
    deps = deps_of(request)
    now = deps.clock.now()
    with db.write(deps.engine) as conn:
        made = tickets.open_ticket(conn, account.school, _work(conn, account, said), account.id, now)
    return Json(_file(deps, account, made.id))


@router.get("/devices/{device}/tickets", **described(list[TicketLine]))
def of_device(
    request: Request, device: str, account: Reader, cursor: paging.Cursor = "", limit: paging.Limit = 50
) -> Json:
    """The tickets of one device, those that live in front; the ``Link`` header pages on."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        found = views.tickets_of(conn, account.school, device, deps.clock.now())
    rows, more = paging.of_whole(request, found, lambda one: one.ticket.id, cursor, limit)
    return Json(rows, headers=more)


@router.get("/tickets/{ticket}", **described(TicketFile))
def ticket_file(request: Request, ticket: str, account: Reader) -> Json:
    """One ticket with its steps, comments and the parts it used."""
    return Json(_file(deps_of(request), account, ticket))


@router.post("/tickets/{ticket}/act/{act}", dependencies=[OwnOrigin], **described(TicketFile, TicketWords))
def act(
    request: Request, ticket: str, act: Act, account: Keeper, said: Annotated[TicketWords, Depends(body(TicketWords))]
) -> Json:
    """Take a ticket its next step; what can follow is a table, and another step is refused with what can."""
    deps = deps_of(request)
    doing = tickets.Doing(act=act, assignee=said.assignee, outcome=said.outcome or "", note=said.note)
    with db.write(deps.engine) as conn:
        if said.assignee and said.assignee not in {one.id for one in _people(conn, account)}:
            raise Conflict("the ticket can be given only to somebody who may maintain devices")
        tickets.act(conn, account.school, ticket, doing, account.id, deps.clock.now())
    return Json(_file(deps, account, ticket))


@router.post("/tickets/{ticket}/comments", dependencies=[OwnOrigin], **described(TicketFile, Written))
def comment(request: Request, ticket: str, account: Keeper, said: Annotated[Written, Depends(body(Written))]) -> Json:
    """Write on a ticket."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        tickets.comment(conn, account.school, ticket, said.text, account.id, deps.clock.now())
    return Json(_file(deps, account, ticket))


_upload = described(TicketFile)
_upload["openapi_extra"] |= _takes_photo


@router.post("/tickets/{ticket}/photos", dependencies=[OwnOrigin], **_upload)
def add_photo(
    request: Request,
    ticket: str,
    account: Keeper,
    sent: Annotated[bytes, Depends(_read_photo)],
    text: Annotated[str, Query(max_length=2000)] = "",
) -> Json:
    """Put a photo (JPEG, PNG, WebP) on a ticket; it is drawn anew, so that place, time and owner are not kept."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        tickets.get(conn, account.school, ticket)
    kept = attachments_of(deps).keep(photos.clean(sent))
    try:
        with db.write(deps.engine) as conn:
            tickets.comment(conn, account.school, ticket, text, account.id, deps.clock.now(), kept.id)
    except BaseException:
        attachments_of(deps).drop(kept.id)
        raise
    return Json(_file(deps, account, ticket))


@router.get("/tickets/{ticket}/photos/{comment_id}", **file_answer("image/jpeg"))
def photo(request: Request, ticket: str, comment_id: int, account: Reader) -> Response:
    """The photo of a comment."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        found = views.photo_of(conn, account.school, ticket, comment_id)
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=86400"}
    return Response(attachments_of(deps).read(found), media_type="image/jpeg", headers=headers)


def page(deps: Deps, account: Account) -> Upkeep:
    """The whole page of the account's school."""
    now = deps.clock.now()
    with db.read(deps.engine) as conn:
        return views.upkeep(conn, account.school, account.id, now, now.astimezone(deps.school.zone).date())


def _file(deps: Deps, account: Account, ticket: str) -> TicketFile:
    with db.read(deps.engine) as conn:
        return views.ticket_file(conn, account.school, ticket, deps.clock.now())


def _people(conn: sa.Connection, account: Account) -> tuple[views.Thing, ...]:
    return views.people(conn, account.school)


def _work(conn: sa.Connection, account: Account, said: NewTicket) -> tickets.Work:
    if said.alarm is None:
        if not said.title.strip():
            raise Conflict("a ticket needs a title")
        return tickets.Work(title=said.title, severity=said.severity or "normal", device=said.device, place=said.place)
    told = views.alarm_told(conn, account.school, said.alarm)
    title = told.title.en if account.language == "en" else told.title.zh
    return tickets.Work(
        title=said.title or title, severity=said.severity or _OF_ALARM.get(told.severity, "normal"),
        device=said.device or told.device, place=said.place or told.place, alarm=said.alarm,
    )  # fmt: skip
