"""The channels alarms go out by, and tests of them."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends
from starlette.requests import Request

from alerts.telling import channel_trial as channel_test
from alerts.telling.channel_trial import Channel, ChannelTest
from campus import db
from dashboards.access.accounts import Account
from dashboards.access.origin import check_origin
from dashboards.access.people import allow
from dashboards.api.answers import Json, described
from dashboards.deps import deps_of

router = APIRouter(prefix="/channels", tags=["platform"])
Admin = Annotated[Account, Depends(allow("platform.read"))]


class Channels(msgspec.Struct, frozen=True, kw_only=True):
    """The endpoints of the alert worker, and the newest tests, the last one first."""

    channels: tuple[Channel, ...]
    tests: tuple[ChannelTest, ...]


@router.get("", **described(Channels))
def channels(request: Request, account: Admin) -> Json:
    """Every endpoint the worker sends to, and what the last tests met with."""
    with db.read(deps_of(request).engine) as conn:
        found, tests = channel_test.channels(conn), channel_test.tests(conn, account.school)
    return Json(Channels(channels=tuple(found), tests=tuple(tests)))


@router.post("/{name}/test", dependencies=[Depends(check_origin)], **described(ChannelTest))
def test(request: Request, name: str, account: Admin) -> Json:
    """Have the worker send a test message over a channel; look at the list for what became of it."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        return Json(channel_test.ask(conn, account.school, name, account.login, deps.wall.now()))
