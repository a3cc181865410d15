"""The reference of `edge.toml` names every section and key there is, and none that is not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest

from edge_agent.settings import EdgeSettings

PAGE = (Path(__file__).parents[2] / "docs/reference/edge.md").read_text(encoding="utf-8")
ELSEWHERE = {"school", "mqtt", "secrets"}  # in the reference of the platform's settings


def inner(kind: Any) -> tuple[type[msgspec.Struct] | None, bool]:
    """The section that a key holds, and whether it is a list of them."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind, False
    for part in get_args(kind):
        found, _ = inner(part)
        if found is not None:
            return found, get_origin(kind) is tuple
    return None, False


def sections(of: type[msgspec.Struct], prefix: str = "") -> Iterator[tuple[str, type[msgspec.Struct]]]:
    for name, kind in get_type_hints(of).items():
        section, many = inner(kind)
        if section is not None and name not in ELSEWHERE:
            yield (f"[[{prefix}{name}]]" if many else f"[{prefix}{name}]"), section
            yield from sections(section, f"{prefix}{name}.")


SECTIONS = dict(sections(EdgeSettings))


def keys_of(heading: str) -> list[str]:
    text = PAGE.split(f"## `{heading}`\n", 1)[1].split("\n## ", 1)[0]
    return [line.split("`")[1] for line in text.splitlines() if line.startswith("| `")]


def test_the_page_describes_the_sections_there_are_and_no_other() -> None:
    headings = {line[4:-1] for line in PAGE.splitlines() if line.startswith("## `")}
    assert headings == set(SECTIONS)
    assert {"[agent]", "[[cameras.zones]]", "[cameras.tamper]", "[gates.hikvision]"} <= headings


@pytest.mark.parametrize("heading", SECTIONS)
def test_a_section_of_edge_toml_is_described_key_by_key(heading: str) -> None:
    assert keys_of(heading) == [field.name for field in msgspec.structs.fields(SECTIONS[heading])]
