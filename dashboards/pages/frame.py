"""The frame of every page: language, theme, menu, the data for its scripts, and the error page."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse

from campus import __version__
from campus.clock import to_ms
from dashboards.access.accounts import Account, Language
from dashboards.access.roles import pages_of
from dashboards.assets import TEMPLATES, has_charts, static_root
from dashboards.deps import Deps, deps_of
from dashboards.texts.catalogue import HTML_LANG, LANGUAGES, say, under

LANGUAGE_COOKIE = "campus_language"
THEME_COOKIE = "campus_theme"
# The control room is dark, offices are light, unless a person chose otherwise.
DARK_PAGES = frozenset({"console"})


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(TEMPLATES)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def language_of(connection: HTTPConnection, account: Account | None) -> Language:
    """The person's choice; before sign-in the browser's last one; Chinese otherwise."""
    if account is not None:
        return account.language
    chosen = connection.cookies.get(LANGUAGE_COOKIE)
    return next((language for language in LANGUAGES if language == chosen), "zh")


def theme_of(connection: HTTPConnection, account: Account | None, page: str) -> str:
    """``light`` or ``dark``: the choice, or what suits the room the page is made for."""
    chosen = account.theme if account is not None else connection.cookies.get(THEME_COOKIE)
    if chosen in {"light", "dark"}:
        return str(chosen)
    return "dark" if page in DARK_PAGES else "light"


def _say(language: Language, own: Mapping[str, str], key: str, **places: Any) -> str:
    """A text as the school says it itself, or as everybody does."""
    return own[key] if key in own else say(language, key, **places)


def script_json(value: Any) -> str:
    """JSON for a ``<script type="application/json">`` element: no ``<`` in it can end the element."""
    return msgspec.json.encode(value).decode().replace("<", "\\u003c").replace("\u2028", "\\u2028")


def render(
    request: Request,
    page: str,
    account: Account | None,
    *,
    data: Any = None,
    script_texts: Sequence[str] = (),
    status: int = 200,
    template: str = "",
    own_texts: Mapping[str, str] | None = None,
    **context: Any,
) -> HTMLResponse:
    """A page by its name, from ``templates/<page>.html``.

    ``data`` is handed to the page's script as JSON, with the texts whose keys begin with one of ``script_texts``;
    ``own_texts`` are what the school calls things itself.
    """
    deps = deps_of(request)
    language = language_of(request, account)
    frame = {
        "page": page,
        "account": account,
        "language": language,
        "html_lang": HTML_LANG[language],
        "theme": theme_of(request, account, page),
        "pages": pages_of(account.role) if account is not None else [],
        "static": static_root(),
        "t": partial(_say, language, own_texts or {}),
        "here": request.url.path,
        "version": __version__,
        "boot": script_json(_boot(deps, language, account, page)),
        "data": script_json(data),
        "texts": script_json({**under(language, ("common", "error", "live", *script_texts)), **(own_texts or {})}),
    }
    html = _environment().get_template(template or f"{page}.html").render(**frame, **context)
    return _packed(request, html, status)


def _packed(request: Request, html: str, status: int) -> HTMLResponse:
    """The page, compressed for whoever takes that.

    What BREACH needs is not here: no secret stands in a page, and a request that another site starts has no session.
    """
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return HTMLResponse(html, status)
    headers = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return HTMLResponse(gzip.compress(html.encode(), 6, mtime=0), status, headers)


def _boot(deps: Deps, language: Language, account: Account | None, page: str) -> dict[str, Any]:
    """What every script needs: who, where, and the platform's time with how fast it runs."""
    return {
        "page": page,
        "who": account.id if account is not None else "",
        "language": language,
        "zone": deps.school.timezone,
        "now": to_ms(deps.clock.now()),
        "speed": getattr(deps.clock, "speed", 1.0),
        "charts": has_charts(),
        "siren": account.siren if account is not None else False,
    }


def error_page(request: Request, status: int, code: str) -> HTMLResponse:
    """A page that says what went wrong and where to go; it needs no database."""
    return render(request, "error", None, status=status, code=code)
