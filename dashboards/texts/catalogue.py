"""The message catalogue: one flat file of keys for each language, every text in both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import msgspec

from dashboards.access.accounts import Language

LANGUAGES: tuple[Language, ...] = ("zh", "en")
HTML_LANG: Mapping[Language, str] = {"zh": "zh-CN", "en": "en"}


@cache
def texts(language: Language) -> Mapping[str, str]:
    """Every text of a language by its key."""
    path = Path(__file__).with_name(f"{language}.json")
    return MappingProxyType(msgspec.json.decode(path.read_bytes(), type=dict[str, str]))


def say(language: Language, key: str, **values: object) -> str:
    """The text of ``key`` with ``{name}`` places filled; a key nobody wrote is a KeyError, found by the tests."""
    return texts(language)[key].format(**values)


def under(language: Language, prefixes: Iterable[str]) -> dict[str, str]:
    """The texts a page's scripts need: those whose key begins with one of ``prefixes``."""
    wanted = tuple(f"{prefix}." for prefix in prefixes)
    return {key: text for key, text in texts(language).items() if key.startswith(wanted)}
