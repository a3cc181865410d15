"""The guides for people: each in Chinese and in English, with the same commands and settings."""

from pathlib import Path

import pytest

GUIDES = Path(__file__).parents[2] / "docs" / "guides"
ENGLISH = sorted(path.name for path in GUIDES.glob("*.md") if not path.name.endswith(".zh.md"))


@pytest.mark.parametrize("name", ENGLISH)
def test_a_guide_gives_the_same_commands_in_both_languages(name: str) -> None:
    chinese = GUIDES / name.replace(".md", ".zh.md")
    assert commands(chinese) == commands(GUIDES / name)


def test_no_guide_is_in_chinese_alone() -> None:
    assert sorted(path.name.replace(".zh.md", ".md") for path in GUIDES.glob("*.zh.md")) == ENGLISH


def commands(path: Path) -> list[str]:
    """The lines of code of a guide without their comments: those indented by four and those between fences."""
    found, fenced = list[str](), False
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or (line.startswith("    ") and not line.lstrip().startswith(("-", "*"))):
            found.append(line.partition("# ")[0].strip())
    return [line for line in found if line]
