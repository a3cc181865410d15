"""How much a YAML document may be: it is measured by its events, before anything that reads it deep inside itself."""

from __future__ import annotations

import yaml

DEEPEST = 50  # values within values: with some ten thousand the reader in C ends the whole program
MOST = 200_000  # values, each alias counted as all that it stands for


def excess(text: str, loader: type[yaml.SafeLoader]) -> tuple[str, int] | None:
    """What is too much in ``text``, with its line; None for one that can be read. Raises `yaml.YAMLError`."""
    open_: list[tuple[str | None, int]] = [(None, 0)]  # the collections around, with their anchors and sizes
    sizes: dict[str | None, int] = {}
    for event in yaml.parse(text, Loader=loader):
        anchor, size = getattr(event, "anchor", None), 0
        if isinstance(event, yaml.CollectionStartEvent):
            open_.append((anchor, 1))
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, size = open_.pop()
        elif isinstance(event, yaml.AliasEvent):
            anchor, size = None, sizes.get(event.anchor, 1)
        elif isinstance(event, yaml.ScalarEvent):
            size = 1
        if anchor is not None and size:
            sizes[anchor] = size
        around, held = open_[-1]
        open_[-1] = around, held + size
        line = event.start_mark.line + 1 if event.start_mark else 1
        if len(open_) > DEEPEST:
            return f"it has values within values, more than {DEEPEST} deep", line
        if held + size > MOST:
            return f"with its aliases it has more than {MOST} values", line
    return None
