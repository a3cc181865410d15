"""Help: what a page is for and which keys it knows, or the whole guide of one's role; written in docs/guides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from dashboards.access.accounts import Account
from dashboards.access.people import person
from dashboards.guides import Guide, further, guide, guide_of, help_of
from dashboards.pages.frame import render

router = APIRouter(include_in_schema=False)
Person = Annotated[Account, Depends(person)]


@router.get("/help")
def own_guide(request: Request, account: Person) -> Response:
    """The guide of one's role, and which others there are for it."""
    found = guide_of(account.role, account.language)
    return _page(request, account, found, more=further(account.role, account.language))


@router.get("/help/{page}")
def page_help(request: Request, page: str, account: Person) -> Response:
    """What explains one page; the panel behind the ``?`` shows the same."""
    return _page(request, account, Guide("", "", help_of(page, account.role, account.language)), page)


@router.get("/help/guide/{name}")
def other_guide(request: Request, name: str, account: Person) -> Response:
    """A guide about work beside the console."""
    return _page(request, account, guide(name, account.language))


def _page(
    request: Request, account: Account, found: Guide, about: str = "", more: Mapping[str, str] | None = None
) -> Response:
    return render(request, "help", account, guide=found, sections=found.sections, about=about, more=more or {})
