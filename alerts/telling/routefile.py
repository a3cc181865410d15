"""Reads routes from YAML, a file's or a draft's: one parser, which refuses a wrong text whole and says why."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

from alerts.rules.yaml_document import RuleFileError, read_document
from alerts.rules.yaml_lines import line_of
from alerts.telling.routes import Route, Routes

# What is in force without any routes: every endpoint by its own severity, nobody in particular, nothing follows.
EVERYONE_TEXT = "root:\n  name: everyone\n  levels: [{}]\n"


def read_routes(text: str, name: str, endpoints: Collection[str] | None = None) -> Routes:
    """The routes that ``text``, of a file called ``name``, says; raises `RuleFileError` with line, key and fix.

    ``endpoints`` are those there are; a text that names another one is wrong. None: they are not known here.
    """
    found, root = read_document(text, name, Routes)
    if endpoints is not None:
        _check_endpoints(found, set(endpoints), name, root)
    return found


def load_routes(path: Path | None, endpoints: Collection[str] | None = None) -> Routes:
    """The routes of the file at ``path``, as `read_routes` judges them; None: everyone is told."""
    return read_routes(text_of(path), str(path or "everyone"), endpoints)


def text_of(path: Path | None) -> str:
    """What the file says; raises `RuleFileError`."""
    if path is None:
        return EVERYONE_TEXT
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RuleFileError(str(path), 1, f"cannot be read: {error}") from None


def routes_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a routes file."""
    schema = msgspec.json.schema(Routes, ref_template="#/$defs/{name}")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Who is told", **schema}


def _check_endpoints(routes: Routes, known: set[str], name: str, root: yaml.Node | None) -> None:
    for path, endpoint in _named(routes):
        if endpoint not in known:
            there = f"known are {', '.join(sorted(known))}" if known else "no worker has begun with any yet"
            fix = f"add it under [alerts] of campus.toml and restart; {there}"
            raise RuleFileError(name, line_of(root, f"`${path}`"), f"{endpoint!r} is no endpoint; {fix}")


def _named(routes: Routes) -> Iterator[tuple[str, str]]:
    """Every endpoint named, with its place in the document."""
    for path, route in _walk(routes.root, ".root"):
        for at, level in enumerate(route.levels):
            yield from ((f"{path}.levels[{at}].by[{number}]", one) for number, one in enumerate(level.by))
    yield from ((f".stand_ins.{one}", name) for one, other in routes.stand_ins.items() for name in (one, other))


def _walk(route: Route, path: str) -> Iterator[tuple[str, Route]]:
    yield path, route
    for at, child in enumerate(route.routes):
        yield from _walk(child, f"{path}.routes[{at}]")
