"""Reads a YAML document as a struct; what is wrong in it is told with its line, its key and what to write instead."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Any, TypeVar

import msgspec
import yaml

from alerts.rules.yaml_bounds import excess
from alerts.rules.yaml_lines import STEP, line_of, path_of, twice
from campus.errors import ImportFileError

T = TypeVar("T")
_UNKNOWN = re.compile(r"unknown field `([^`]+)`")
_ENUM = re.compile(r"Invalid enum value '([^']*)'")
_MISSING = re.compile(r"missing required field `([^`]+)`")
_EXPECTED = re.compile(r"Expected `(\w+)[^`]*`, got")
_WRITE = {
    "array": "write a list, as in [a, b]",
    "object": "write keys with values, as in {key: value}",
    "str": "write a text, in quotes if it looks like a number",
    "int": "write a whole number",
    "float": "write a number",
    "bool": "write true or false",
}


class RuleFileError(ImportFileError):
    """A file of rules or routes is wrong and was refused whole; names the file, the line and the reason."""


# That of libyaml, where it was built with it, is many times as fast.
LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_document(text: str, name: str, kind: type[T]) -> tuple[T, yaml.Node | None]:
    """``text`` as a ``kind``, with its nodes for finding lines; raises `RuleFileError` for a file called ``name``."""
    root: yaml.Node | None = None
    try:
        if too_much := excess(text, LOADER):
            raise RuleFileError(name, too_much[1], f"cannot be read: {too_much[0]}")
        root = yaml.compose(text, Loader=LOADER)
        if repeated := twice(root):
            raise RuleFileError(name, repeated[1], f"the key {repeated[0]!r} stands twice; leave one of them out")
        return msgspec.convert(yaml.load(text, LOADER) or {}, kind), root  # noqa: S506  both are safe ones
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        raise RuleFileError(name, mark.line + 1 if mark else 1, f"is not valid YAML: {problem}") from None
    except msgspec.ValidationError as error:
        said = str(error)
        fix = _fix(said, msgspec.json.schema(kind))
        raise RuleFileError(name, line_of(root, said), f"{said}; {fix}" if fix else said) from None
    except (ValueError, RecursionError) as error:  # a date that does not exist; brackets without end
        raise RuleFileError(name, 1, f"cannot be read: {error}") from None


def _fix(said: str, schema: dict[str, Any]) -> str:
    """What to write instead, as the schema at the place of the mistake has it; empty when the message says it."""
    here = _at(schema, path_of(said))
    if found := _UNKNOWN.search(said):
        return _instead(found.group(1), {key for one in here for key in one.get("properties", ())}, "keys")
    if found := _ENUM.search(said):
        return _instead(found.group(1), {str(value) for one in here for value in one.get("enum", ())}, "values")
    if found := _MISSING.search(said):
        about = [one.get("properties", {}).get(found.group(1), {}).get("description", "") for one in here]
        return f"add `{found.group(1)}`. {about[0] if about else ''}".rstrip()
    found = _EXPECTED.search(said)
    return _WRITE.get(found.group(1), "") if found else ""


def _instead(said: str, known: set[str], what: str) -> str:
    close = get_close_matches(said, sorted(known), 1)
    return f"did you mean `{close[0]}`?" if close else f"{what} here: {', '.join(sorted(known))}" if known else ""


def _at(schema: dict[str, Any], path: str) -> list[dict[str, Any]]:
    """What may stand at ``path``; several where the schema leaves a choice."""
    here = _choices(schema, schema)
    for name, _index in STEP.findall(path):
        below = [
            one.get("properties", {}).get(name) or one.get("additionalProperties") if name else one.get("items")
            for one in here
        ]
        here = [choice for one in below if isinstance(one, dict) for choice in _choices(one, schema)]
    return here


def _choices(shape: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    if "$ref" in shape:
        return _choices(schema["$defs"][shape["$ref"].rsplit("/", 1)[1]], schema)
    return [choice for one in shape.get("anyOf", ()) for choice in _choices(one, schema)] or [shape]
