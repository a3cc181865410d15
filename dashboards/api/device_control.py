"""What agents are told: their configurations with what changed, and commands with their answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends
from msgspec import Meta
from starlette.requests import Request

from campus import db
from dashboards.access.accounts import Account
from dashboards.access.origin import check_origin
from dashboards.access.people import allow
from dashboards.api import paging
from dashboards.api.answers import Json, body, described
from dashboards.deps import deps_of
from dashboards.views.people import account_names
from devices import queries
from devices.control import commands, configuration
from devices.control.commands import Command
from devices.control.configuration import Revision, SettingChange

router = APIRouter(prefix="/devices", tags=["devices"])
# An address of a camera may hold its login, so documents are for those who look after devices.
Controller = Annotated[Account, Depends(allow("devices.control"))]
OwnOrigin = Depends(check_origin)


class Asking(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A command by its name (ping, identify, restart, or still and kept with a camera: "still cam-1")."""

    name: Annotated[str, Meta(min_length=1, max_length=32)]


class Proposal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The next configuration of an agent (its whole document, without the revision) and a word on why.

    ``after`` is the revision it was made from (0: there was none); 412 when somebody made a newer one since.
    """

    settings: dict[str, Any]
    note: Annotated[str, Meta(max_length=500)] = ""
    after: Annotated[int, Meta(ge=0)] | None = None


class RevisionLine(msgspec.Struct, frozen=True, kw_only=True):
    """One revision and what it changed in the one before."""

    revision: Revision
    changes: tuple[SettingChange, ...]


class _Place(msgspec.Struct, frozen=True):
    """Where a page of the commands ends: the last one on it."""

    asked_at: Annotated[datetime, Meta(tz=True)]
    id: str


@router.get("/{device}/configurations", **described(list[RevisionLine]))
def configurations(
    request: Request, device: str, account: Controller, cursor: paging.Cursor = "", limit: paging.Limit = 50
) -> Json:
    """The revisions of an agent's configuration, the newest first; the ``Link`` header pages on."""
    found = _revisions(request, device, account)
    rows, more = paging.of_whole(request, found, lambda one: one.revision.revision, cursor, limit)
    return Json(rows, headers=more)


@router.post(
    "/{device}/configurations", dependencies=[OwnOrigin], **described(list[RevisionLine], Proposal, refuses=("412",))
)
def propose(
    request: Request, device: str, account: Controller, said: Annotated[Proposal, Depends(body(Proposal))]
) -> Json:
    """Give an agent its next configuration; it is sent within seconds. The answer is the list as it is then."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        now = deps.clock.now()
        configuration.propose(
            conn, account.school, device, said.settings, account.id, now, said.note, after=said.after
        )  # fmt: skip
    return Json(_revisions(request, device, account))


@router.post("/{device}/configurations/{revision}/roll-back", dependencies=[OwnOrigin], **described(list[RevisionLine]))
def roll_back(request: Request, device: str, revision: int, account: Controller) -> Json:
    """Give an agent an earlier configuration again, under a new number. The answer is the list as it is then."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        configuration.roll_back(conn, account.school, device, revision, account.id, deps.clock.now())
    return Json(_revisions(request, device, account))


def _revisions(request: Request, device: str, account: Account) -> list[RevisionLine]:
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        queries.device_detail(conn, account.school, device, deps.clock.now())
        names = account_names(conn, account.school)
        found = configuration.history(conn, account.school, device, limit=None)
    found = [msgspec.structs.replace(one, made_by=names.get(one.made_by, one.made_by)) for one in found]
    documents = [*(one.settings for one in found), {}]
    return [
        RevisionLine(revision=one, changes=configuration.diff(old, one.settings))
        for one, old in zip(found, documents[1:], strict=True)
    ]


@router.get("/{device}/commands", **described(list[Command]))
def command_list(
    request: Request, device: str, account: Controller, cursor: paging.Cursor = "", limit: paging.Limit = 50
) -> Json:
    """The commands to an agent with who asked and what it answered, the newest first; the ``Link`` header pages on."""
    deps = deps_of(request)
    start = paging.read(cursor, _Place) if cursor else None
    with db.read(deps.engine) as conn:
        queries.device_detail(conn, account.school, device, deps.clock.now())
        names = account_names(conn, account.school)
        before = (start.asked_at, start.id) if start else None
        found = commands.history(conn, account.school, device, limit + 1, before)
    rows = [msgspec.structs.replace(one, asked_by=names.get(one.asked_by, one.asked_by)) for one in found[:limit]]
    place = _Place(rows[-1].asked_at, rows[-1].id) if len(found) > limit else None
    return Json(rows, headers=paging.link(request, place))


@router.post("/{device}/commands", dependencies=[OwnOrigin], **described(Command, Asking))
def ask(request: Request, device: str, account: Controller, said: Annotated[Asking, Depends(body(Asking))]) -> Json:
    """Have an agent do something; it is sent within seconds, and the list of commands shows its answer."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        return Json(commands.ask(conn, account.school, device, said.name, account.id, deps.clock.now()))
