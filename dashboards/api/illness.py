"""The illness watch over the API: what the school doctor should look at, and what was done about it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends
from msgspec import Meta
from starlette.requests import Request

from attendance.leave import follow_ups
from campus import db
from dashboards.access import audit
from dashboards.access.accounts import Account
from dashboards.access.origin import check_origin
from dashboards.access.people import allow
from dashboards.api.answers import Json, body, described
from dashboards.deps import Deps, deps_of
from dashboards.views import illness as views
from dashboards.views.illness import FollowUpCard, Illness

router = APIRouter(prefix="/illness", tags=["leave"])
Doctor = Annotated[Account, Depends(allow("illness.follow"))]


class Done(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was done about a follow-up, and whether that settles it."""

    words: Annotated[str, Meta(min_length=1, max_length=500)]
    close: bool = False


@router.get("", **described(Illness))
def illness(request: Request, account: Doctor) -> Json:
    """Open follow-ups with their students, and how many are ill of what today. The look is logged."""
    return Json(logged_illness(deps_of(request), account))


def logged_illness(deps: Deps, account: Account) -> Illness:
    """What the doctor sees; the look is a row of the access log before it is an answer."""
    now, zone = deps.clock.now(), deps.school.zone
    with db.write(deps.engine) as conn:
        follow_ups.watch(conn, account.school, now, zone)
        audit.record(conn, deps.wall.now(), account, "illness.view")
        return views.illness_of(conn, account.school, now, zone)


@router.post("/{follow_up}", dependencies=[Depends(check_origin)], **described(FollowUpCard, Done))
def note(request: Request, follow_up: str, account: Doctor, said: Annotated[Done, Depends(body(Done))]) -> Json:
    """Write down what was done, and close the follow-up when it is settled."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        now = deps.clock.now()
        kept = follow_ups.note(conn, account.school, follow_up, said.words, account.id, now, close=said.close)
        audit.record(conn, deps.wall.now(), account, "illness.note", follow_up)
        return Json(views.card_of(conn, kept))
