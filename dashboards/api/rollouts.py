"""Roll-outs of configurations: what a change would do, and campaigns that bring it to one, ten, all agents."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends
from msgspec import Meta
from starlette.requests import Request

from campus import db
from dashboards.access.accounts import Account
from dashboards.access.origin import check_origin
from dashboards.access.people import allow
from dashboards.api.answers import Json, body, described
from dashboards.deps import Deps, deps_of
from dashboards.views.rollouts import RolloutView, rollout_view
from devices.control import rollout
from devices.control.campaigns import Act, Plan
from devices.control.rollout import Effect

router = APIRouter(prefix="/roll-outs", tags=["devices"])
Controller = Annotated[Account, Depends(allow("devices.control"))]
OwnOrigin = Depends(check_origin)
Devices = Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=64)], ...], Meta(min_length=1, max_length=2000)]


class Intent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``settings`` laid over what ``devices`` (agents) have: a key that is set replaces theirs, the others stay."""

    settings: dict[str, Any]
    devices: Devices


class NewRollout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As the dry run, in this order, within ``hours`` (22:00-05:00) if any are said, until too many fail."""

    settings: dict[str, Any]
    devices: Devices
    note: Annotated[str, Meta(max_length=500)] = ""
    hours: Annotated[str, Meta(max_length=11)] = ""
    tolerate: Annotated[int, Meta(ge=0, le=99)] = 0  # percent of those that have it that may fail
    start: bool = True  # else it waits until somebody starts it


def page(deps: Deps, account: Account) -> RolloutView:
    """What the page shows."""
    with db.read(deps.engine) as conn:
        return rollout_view(conn, account.school, deps.clock.now())


@router.get("", **described(RolloutView))
def rollouts(request: Request, account: Controller) -> Json:
    """The agents, and the roll-outs with what became of each device. A document may hold logins: none is shown here."""
    return Json(page(deps_of(request), account))


@router.post("/dry-run", dependencies=[OwnOrigin], **described(list[Effect], Intent))
def dry_run(request: Request, account: Controller, said: Annotated[Intent, Depends(body(Intent))]) -> Json:
    """What the settings would change on each device; nothing is kept or sent."""
    with db.read(deps_of(request).engine) as conn:
        return Json(rollout.effects(conn, account.school, said.devices, said.settings))


@router.post("/campaigns", dependencies=[OwnOrigin], **described(RolloutView, NewRollout))
def begin(request: Request, account: Controller, said: Annotated[NewRollout, Depends(body(NewRollout))]) -> Json:
    """Begin a roll-out: one device first, then ten, then all; too many failures stop it. Answers the whole page."""
    deps = deps_of(request)
    plan = Plan(devices=said.devices, hours=said.hours, tolerate=said.tolerate, note=said.note, start=said.start)
    with db.write(deps.engine) as conn:
        rollout.begin(conn, account.school, said.settings, plan, account.id, deps.clock.now())
    return Json(page(deps, account))


@router.post("/campaigns/{campaign}/{act}", dependencies=[OwnOrigin], **described(RolloutView))
def act(request: Request, campaign: str, act: Act, account: Controller) -> Json:
    """Start, pause, resume or stop a roll-out, or take it back: every device gets what it had before, at once."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        rollout.act(conn, account.school, campaign, act, account.id, deps.clock.now(), account.name)
    return Json(page(deps, account))
