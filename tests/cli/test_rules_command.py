"""`campus rules` as a person uses it: a right file, a wrong file, the schema, a replay of nothing."""

import json
from pathlib import Path

from tests.cli.running import Run

DRAFT = """\
without: [door-open]
rules:
  - id: noise
    kind: threshold
    title: {zh: 噪声, en: Noise}
    severity: info
    metric: noise
    above: 70
    runbook: {zh: 去看, en: Go and look.}
    why: We were asked.
"""


def test_a_right_file_says_what_it_changes(campus: Run, tmp_path: Path) -> None:
    (tmp_path / "draft.yaml").write_text(DRAFT, encoding="utf-8")
    done = campus("rules", "check", "draft.yaml")
    assert done.returncode == 0
    assert "adds     noise: threshold, info, Noise" in done.stdout
    assert "drops    door-open" in done.stdout


def test_a_wrong_file_is_refused_with_file_line_and_reason(campus: Run, tmp_path: Path) -> None:
    (tmp_path / "draft.yaml").write_text(DRAFT.replace("above: 70", "over: 70"), encoding="utf-8")
    done = campus("rules", "check", "draft.yaml")
    assert done.returncode == 2
    assert "draft.yaml" in done.stderr
    assert "line 8" in done.stderr or ":8" in done.stderr


def test_the_schema_is_printed(campus: Run) -> None:
    assert json.loads(campus("rules", "schema").stdout)["title"] == "Alarm rules"


def test_a_replay_of_an_empty_school_finds_nothing(campus: Run, tmp_path: Path) -> None:
    (tmp_path / "draft.yaml").write_text(DRAFT, encoding="utf-8")
    done = campus("rules", "replay", "--rules", "draft.yaml", "--since", "2d")
    assert done.returncode == 0, done.stderr
    assert ": 0 alarms." in done.stdout
    assert campus("rules", "replay", "--since", "a while").returncode == 2
