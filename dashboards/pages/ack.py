"""Acknowledging an alarm by the link of a message: a page that shows little, and a form that asks for a name."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from alerts.telling import ack_links
from alerts.telling.ack_links import Linked
from campus import db
from campus.errors import Conflict
from dashboards.access.origin import check_origin
from dashboards.deps import deps_of
from dashboards.pages.frame import language_of, render

router = APIRouter(include_in_schema=False)
OwnOrigin = Depends(check_origin)
# The whole of what may be typed after /ack/; anything else is no link of ours.
LONGEST_TOKEN = 64


@router.get("/ack/{token}")
def ask(request: Request, token: str) -> Response:
    """Show what the link is about; nothing changes, for mail filters and chat programs open every link."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        found = ack_links.look(conn, token[:LONGEST_TOKEN], deps.wall.now())
    return _page(request, token, found)


@router.post("/ack/{token}", dependencies=[OwnOrigin])
def acknowledge(request: Request, token: str, name: Annotated[str, Form(max_length=200)] = "") -> Response:
    """Acknowledge in the name that was typed; the alarm's history keeps name and endpoint."""
    deps = deps_of(request)
    address = request.client.host if request.client else "unknown"
    try:
        with db.write(deps.engine) as conn:
            found = ack_links.use(conn, token[:LONGEST_TOKEN], name, address, deps.clock.now(), deps.wall.now())
    except Conflict:
        with db.read(deps.engine) as conn:
            found = ack_links.look(conn, token[:LONGEST_TOKEN], deps.wall.now())
        return _page(request, token, found, nameless=True)
    return _page(request, token, found)


def _page(request: Request, token: str, found: Linked | None, *, nameless: bool = False) -> HTMLResponse:
    standing = "unknown" if found is None else found.standing
    status = {"unknown": 404, "expired": 410}.get(standing, 422 if nameless else 200)
    title = "" if found is None else (found.title.zh if language_of(request, None) == "zh" else found.title.en)
    page = render(
        request,
        "ack",
        None,
        status=status,
        token=token,
        link=found,
        standing=standing,
        title=title,
        nameless=nameless,
        zone=deps_of(request).school.zone,
    )
    page.headers["X-Robots-Tag"] = "noindex, nofollow"
    return page
