"""Help: what a page is for and which keys it knows, or the whole guide of one's role; written in docs/guides."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from dashboards.access.accounts import Account
from dashboards.access.people import person
from dashboards.guides import Section, guide_of, help_of
from dashboards.pages.frame import render

router = APIRouter(include_in_schema=False)
Person = Annotated[Account, Depends(person)]


@router.get("/help")
def guide(request: Request, account: Person) -> Response:
    """The guide of one's role."""
    return _page(request, account, guide_of(account.role, account.language), "")


@router.get("/help/{page}")
def page_help(request: Request, page: str, account: Person) -> Response:
    """What explains one page; the panel behind the ``?`` shows the same."""
    return _page(request, account, help_of(page, account.role, account.language), page)


def _page(request: Request, account: Account, sections: tuple[Section, ...], about: str) -> Response:
    return render(request, "help", account, sections=sections, about=about)
