"""The stories of tests/alerts/stories, each played on the virtual clock."""

from pathlib import Path

import pytest

from alerts.rules.rulefile import load_rules
from tests.alerts.play import Play

STORIES = Path(__file__).parent / "stories"


def stories() -> dict[str, str]:
    """Every story by its name."""
    found: dict[str, str] = {}
    for file in sorted(STORIES.glob("*.txt")):
        for part in file.read_text(encoding="utf-8").split("\n== ")[1:]:
            name, _, script = part.partition("\n")
            assert name not in found, f"the story {name!r} is told twice"
            found[name] = script
    return found


SCENARIOS = stories()


@pytest.mark.parametrize("script", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_scenario(play: Play, script: str) -> None:
    first, _, rest = script.partition("\n")
    if first.startswith("using "):
        play.restart(load_rules(STORIES / first.removeprefix("using ")))
        script = rest
    play.run(script)
