"""The guides for people, read from docs/guides: whole, or the sections that explain one page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import msgspec
from markdown_it import MarkdownIt
from markdown_it.token import Token

from campus.errors import NotFound
from dashboards.access.accounts import Language
from dashboards.access.roles import Role

# In the source tree the guides are where people read them; a built package carries a copy.
_HERE = Path(__file__).parent
FOLDERS = (_HERE.parent / "docs" / "guides", _HERE / "guides")
GUIDES: tuple[str, ...] = ("guard", "teacher", "facility", "bureau", "admin")
# Whose guide a role reads first; the others' are still looked in for a page that only they explain.
_GUIDE: dict[Role, str] = {"guard": "guard", "teacher": "teacher", "office": "teacher", "doctor": "teacher",
    "facility": "facility", "head": "bureau", "bureau": "bureau", "admin": "admin"}  # fmt: skip
# Guides about work beside the console, by whose work it is.
FURTHER: Mapping[Role, tuple[str, ...]] = {
    "admin": ("install-server", "install-edge", "install-devices", "roster", "integrators"),
    "facility": ("install-devices", "install-edge"),
    "office": ("roster",),
}
_PAGES = re.compile(r"<!-- page: ([\w ,-]+) -->\n?")
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


class Section(msgspec.Struct, frozen=True):
    """A part of a guide under its own heading; ``html`` is made from our own Markdown and holds no markup of others."""

    title: str
    html: str
    pages: tuple[str, ...]


class Guide(msgspec.Struct, frozen=True):
    """A whole guide: its heading, what stands before the first section, and the sections in their order."""

    title: str
    intro: str
    sections: tuple[Section, ...]


@cache
def guide(name: str, language: Language) -> Guide:
    """A guide as written for people; raises `NotFound` for one that nobody wrote."""
    file = f"{name}.zh.md" if language == "zh" else f"{name}.md"
    path = next((folder / file for folder in FOLDERS if (folder / file).is_file()), None)
    if path is None or not re.fullmatch(r"[a-z-]+", name):
        raise NotFound(f"there is no guide {name!r}")
    return parse(path.read_text(encoding="utf-8"))


def parse(text: str) -> Guide:
    """A guide from its Markdown: the sections under ``## `` headings.

    A comment ``<!-- page: a, b -->`` in a section names the pages it explains.
    """
    first, *parts = re.split(r"^## ", text, flags=re.MULTILINE)
    title, _, intro = first.strip().partition("\n")
    found = []
    for part in parts:
        heading, _, body = part.partition("\n")
        pages = tuple(name.strip() for names in _PAGES.findall(body) for name in names.split(","))
        found.append(Section(heading.strip(), _html(_PAGES.sub("", body)), pages))
    return Guide(title.removeprefix("# "), _html(intro), tuple(found))


def help_of(page: str, role: Role, language: Language) -> tuple[Section, ...]:
    """What explains a page, from the guide of one's role or else from the first guide that does."""
    own = _GUIDE.get(role, "admin")
    for name in (own, *(other for other in GUIDES if other != own)):
        if found := tuple(one for one in guide(name, language).sections if page in one.pages):
            return found
    return ()


def guide_of(role: Role, language: Language) -> Guide:
    """The whole guide of a role."""
    return guide(_GUIDE.get(role, "admin"), language)


def further(role: Role, language: Language) -> dict[str, str]:
    """The titles of the other guides of a role, by their names."""
    return {name: guide(name, language).title for name in FURTHER.get(role, ())}


def _html(text: str) -> str:
    tokens = _markdown.parse(text)
    for token in tokens:
        if token.children:
            token.children = _with_own_links(token.children)
    return str(_markdown.renderer.render(tokens, _markdown.options, {}))


def _with_own_links(tokens: Sequence[Token]) -> list[Token]:
    """Links to guides lead to their pages here; the files that other links mean are not served, so these are text."""
    found: list[Token] = []
    kept: list[bool] = []
    for token in tokens:
        if token.type == "link_open":
            name = re.fullmatch(r"([a-z-]+)(?:\.zh)?\.md", str(token.attrs["href"]))
            kept.append(name is not None)
            if name:
                token.attrs["href"] = f"/help/guide/{name[1]}"
        if token.type not in {"link_open", "link_close"} or kept[-1]:
            found.append(token)
        if token.type == "link_close":
            kept.pop()
    return found
