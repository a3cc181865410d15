"""Examples in the OpenAPI document: what routes take and answer, of a school that does not exist."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

_FILE = Path(__file__).with_name("examples.json")


class Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of one operation: an ``answer`` of status 200, and the ``body`` it is given where it takes one.

    ``like`` names the operation whose answer this one gives, too; then it has none of its own.
    """

    answer: Any = None
    body: Any = None
    like: str = ""


@cache
def examples() -> dict[str, Example]:
    """The examples by operation, such as ``GET /api/v1/classes/{class_id}/roll``."""
    read = msgspec.json.decode(_FILE.read_bytes(), type=dict[str, Example])
    return {name: _with_answer(one, read) for name, one in read.items()}


def _with_answer(one: Example, every: dict[str, Example]) -> Example:
    return msgspec.structs.replace(one, answer=every[one.like].answer, like="") if one.like else one


def with_examples(document: dict[str, Any]) -> dict[str, Any]:
    """``document`` with the examples at their places."""
    for name, example in examples().items():
        method, path = name.split(" ", 1)
        operation = document["paths"].get(path, {}).get(method.lower())
        if operation is None:
            continue  # an app of a few routes describes itself, too
        operation["responses"]["200"]["content"]["application/json"]["example"] = example.answer
        if example.body is not None:
            operation["requestBody"]["content"]["application/json"]["example"] = example.body
    return document
