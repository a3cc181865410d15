"""The guides for people, read from docs/guides: whole, or the sections that explain one page."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import msgspec
from markdown_it import MarkdownIt

from dashboards.access.accounts import Language
from dashboards.access.roles import Role

# In the source tree the guides are where people read them; a built package carries a copy.
_HERE = Path(__file__).parent
FOLDERS = (_HERE.parent / "docs" / "guides", _HERE / "guides")
GUIDES: tuple[str, ...] = ("guard", "teacher", "facility", "bureau", "admin")
# Whose guide a role reads first; the others' are still looked in for a page that only they explain.
_GUIDE: dict[Role, str] = {"guard": "guard", "teacher": "teacher", "office": "teacher", "doctor": "teacher",
    "facility": "facility", "head": "bureau", "bureau": "bureau", "admin": "admin"}  # fmt: skip
_PAGES = re.compile(r"<!-- page: ([\w ,-]+) -->\n?")
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


class Section(msgspec.Struct, frozen=True):
    """A part of a guide under its own heading; ``html`` is made from our own Markdown and holds no markup of others."""

    title: str
    html: str
    pages: tuple[str, ...]


@cache
def sections(guide: str, language: Language) -> tuple[Section, ...]:
    """The sections of a guide in their order; empty for one that nobody wrote."""
    name = f"{guide}.zh.md" if language == "zh" else f"{guide}.md"
    path = next((folder / name for folder in FOLDERS if (folder / name).is_file()), None)
    return () if path is None else parse(path.read_text(encoding="utf-8"))


def parse(text: str) -> tuple[Section, ...]:
    """The sections under ``## `` headings; a comment ``<!-- page: a, b -->`` in one names the pages it explains."""
    parts = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    found = []
    for part in parts:
        title, _, body = part.partition("\n")
        pages = tuple(name.strip() for names in _PAGES.findall(body) for name in names.split(","))
        found.append(Section(title.strip(), _markdown.render(_PAGES.sub("", body)), pages))
    return tuple(found)


def help_of(page: str, role: Role, language: Language) -> tuple[Section, ...]:
    """What explains a page, from the guide of one's role or else from the first guide that does."""
    own = _GUIDE.get(role, "admin")
    for guide in (own, *(other for other in GUIDES if other != own)):
        if found := tuple(one for one in sections(guide, language) if page in one.pages):
            return found
    return ()


def guide_of(role: Role, language: Language) -> tuple[Section, ...]:
    """The whole guide of a role."""
    return sections(_GUIDE.get(role, "admin"), language)
