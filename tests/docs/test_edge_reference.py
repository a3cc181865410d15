"""The reference of `edge.toml` names every key there is, and none that is not."""

from pathlib import Path

import msgspec
import pytest

from edge_agent.settings import Agent, Camera, Gate, Lab, Line, Tamper, ZoneArea

PAGE = (Path(__file__).parents[2] / "docs/reference/edge.md").read_text(encoding="utf-8")
SECTIONS = {
    "[agent]": Agent,
    "[[cameras]]": Camera,
    "[[cameras.zones]]": ZoneArea,
    "[[cameras.lines]]": Line,
    "[cameras.tamper]": Tamper,
    "[[gates]]": Gate,
    "[[labs]]": Lab,
}


@pytest.mark.parametrize("heading", SECTIONS)
def test_a_section_of_edge_toml_is_described_key_by_key(heading: str) -> None:
    text = PAGE.split(f"## `{heading}`\n", 1)[1].split("\n## ", 1)[0]
    described = [line.split("`")[1] for line in text.splitlines() if line.startswith("| `")]
    assert described == [field.name for field in msgspec.structs.fields(SECTIONS[heading])]
