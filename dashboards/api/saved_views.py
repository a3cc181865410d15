"""Saved views of the signed-in person."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends
from msgspec import Meta
from starlette.requests import Request

from campus import db
from dashboards.access import saved_views
from dashboards.access.accounts import Account
from dashboards.access.origin import check_origin
from dashboards.access.people import person
from dashboards.access.saved_views import SavedView
from dashboards.api.answers import Json, body, described
from dashboards.deps import deps_of

router = APIRouter(prefix="/me/views", tags=["me"])
Person = Annotated[Account, Depends(person)]
OwnOrigin = Depends(check_origin)


class NewView(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A view to keep: the page, a name, and what stands after the ``?`` of its address."""

    page: Literal["devices"]
    name: Annotated[str, Meta(min_length=1, max_length=60)]
    query: Annotated[str, Meta(max_length=500)]


@router.get("/{page}", **described(list[SavedView]))
def views(request: Request, page: str, account: Person) -> Json:
    """One's own views of a page."""
    with db.read(deps_of(request).engine) as conn:
        return Json(saved_views.views_of(conn, account.id, page))


@router.post("", dependencies=[OwnOrigin], **described(list[SavedView], NewView))
def save(request: Request, account: Person, said: Annotated[NewView, Depends(body(NewView))]) -> Json:
    """Keep a view; one of the same name is replaced. The answer is every view of the page."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        saved_views.save(conn, account.id, said.page, said.name.strip() or said.name, said.query, deps.wall.now())
        return Json(saved_views.views_of(conn, account.id, said.page))


@router.post("/{view_id}/remove", dependencies=[OwnOrigin], **described(dict[str, bool]))
def remove(request: Request, view_id: str, account: Person) -> Json:
    """Forget a view of one's own."""
    with db.write(deps_of(request).engine) as conn:
        saved_views.remove(conn, account.id, view_id)
    return Json({"removed": True})
