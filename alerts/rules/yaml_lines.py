"""Finds the line of a YAML file that an error path such as ``$.rules[3].above`` speaks of."""

from __future__ import annotations

import re

import yaml

STEP = re.compile(r"\.([A-Za-z0-9_\-]+)|\[(\d+|\.\.\.)\]")
_PATH = re.compile(r"`\$([^`]*)`\s*$")
_QUOTED = re.compile(r"`([^`]+)`")


def line_of(root: yaml.Node | None, message: str) -> int:
    """The 1-based line of ``message``, an msgspec error ending in ``- at `$...` ``; the nearest line that is known."""
    if root is None:
        return 1
    node = _walk(root, path_of(message))
    named = _QUOTED.search(message)
    if named and "unknown field" in message:
        node = _key(node, named.group(1)) or node
    return node.start_mark.line + 1


def path_of(message: str) -> str:
    """The place ``message`` speaks of, like ``.rules[3].above``; empty for the whole file."""
    found = _PATH.search(message)
    return found.group(1) if found else ""


def twice(root: yaml.Node | None) -> tuple[str, int] | None:
    """The first key that stands twice in one mapping, with its line: YAML would silently keep the last."""
    if isinstance(root, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in root.value:
            if str(key.value) in seen:
                return str(key.value), key.start_mark.line + 1
            seen.add(str(key.value))
            if inner := twice(value):
                return inner
    if isinstance(root, yaml.SequenceNode):
        for item in root.value:
            if inner := twice(item):
                return inner
    return None


def _walk(node: yaml.Node, path: str) -> yaml.Node:
    for name, index in STEP.findall(path):
        step = _child(node, name) if name else _item(node, index)
        if step is None:
            return node
        node = step
    return node


def _child(node: yaml.Node, name: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == name), None)
    return None


def _item(node: yaml.Node, index: str) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and index.isdigit() and int(index) < len(node.value):
        item: yaml.Node = node.value[int(index)]
        return item
    return None


def _key(node: yaml.Node, name: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((key for key, _ in node.value if key.value == name), None)
    return None
