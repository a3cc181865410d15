"""A changed rules file is taken up while the program runs; a wrong one changes nothing and is told."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from alerts.rules.rulesource import RuleSource
from alerts.rules.yaml_document import RuleFileError
from alerts.stage import AlertStage
from alerts.tables import rule_loads
from campus import db
from tests.alerts.play import Play, Words, at

RULE = """
rules:
  - id: noise
    kind: threshold
    title: {zh: 噪声, en: Noise}
    severity: info
    metric: noise
    above: LIMIT
    runbook: {zh: 去看, en: Go and look.}
    why: We were asked.
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(RULE.replace("LIMIT", "70"), encoding="utf-8")
    return path


@pytest.fixture
def running(play: Play, file: Path) -> Play:
    play.stage = AlertStage(RuleSource(file), play.roll, Words(), calendar=play.calendar)
    play.until(at("10:00"))
    return play


def loads(play: Play) -> list[tuple[int, str]]:
    with db.read(play.engine) as conn:
        rows = conn.execute(sa.select(rule_loads).order_by(rule_loads.c.id)).all()
    return [(row.rules, row.error) for row in rows]


def test_a_changed_limit_holds_from_the_next_tick(running: Play, file: Path) -> None:
    running.handle(running.reading("t-1", noise=65))
    assert not running.open()
    file.write_text(RULE.replace("LIMIT", "60.5"), encoding="utf-8")
    running.tick()
    running.handle(running.reading("t-1", noise=65))
    assert [alarm.rule for alarm in running.open()] == ["noise"]
    assert [error for _, error in loads(running)] == ["", ""]


def test_a_wrong_file_leaves_the_rules_as_they_were_and_is_told_once(running: Play, file: Path) -> None:
    file.write_text(RULE.replace("LIMIT", "loud"), encoding="utf-8")
    running.tick()
    running.tick()
    running.handle(running.reading("t-1", noise=75))
    assert [alarm.rule for alarm in running.open()] == ["noise"]
    (_, first), (_, refused) = loads(running)
    assert first == ""
    assert "rules.yaml" in refused
    assert "8" in refused


def test_a_file_that_is_mended_is_taken_up(running: Play, file: Path) -> None:
    file.write_text("rules: [", encoding="utf-8")
    running.tick()
    file.write_text(RULE.replace("LIMIT", "50.25"), encoding="utf-8")
    running.tick()
    running.handle(running.reading("t-1", noise=55))
    assert [alarm.rule for alarm in running.open()] == ["noise"]


def test_a_file_that_is_gone_leaves_the_rules_as_they_were(running: Play, file: Path) -> None:
    file.unlink()
    running.tick()
    running.handle(running.reading("t-1", noise=75))
    assert [alarm.rule for alarm in running.open()] == ["noise"]


def test_the_alarm_of_a_rule_that_was_taken_out_returns(running: Play, file: Path) -> None:
    running.handle(running.reading("t-1", noise=75))
    file.write_text("rules: []\n", encoding="utf-8")
    running.tick()
    assert running.the("noise", "t-1").state == "returned_unacknowledged"


def test_a_program_does_not_start_with_a_wrong_file(file: Path) -> None:
    file.write_text("rules: 7", encoding="utf-8")
    with pytest.raises(RuleFileError):
        RuleSource(file)


def test_a_combination_of_a_rule_that_is_not_there_is_refused(file: Path) -> None:
    text = RULE.replace("kind: threshold", "kind: combination").replace(
        "metric: noise\n    above: LIMIT", "holds: {rule: quiet}"
    )
    file.write_text(text, encoding="utf-8")
    with pytest.raises(RuleFileError, match="joins 'quiet'"):
        RuleSource(file)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("kind: rate\n    metric: t\n    within_s: 60", "either `rises` or `falls`"),
        ("kind: rate\n    metric: t\n    within_s: 60\n    rises: 2\n    clears: 3", "between 0 and the limit"),
        ("kind: change\n    metric: t", "never says that it is over"),
        ("kind: change\n    metric: t\n    to: 1\n    before: 1", "no change"),
        ("kind: absence\n    for_s: 60", "either `metric` or `event`"),
        ("kind: absence\n    for_s: 60\n    event: gate.pas", "there is no event"),
        ("kind: count\n    event: edge.loss\n    times: 1\n    within_s: 60", ">= 2"),
        ("kind: combination\n    holds: {not: {rule: smoke}}", "when nothing at all happens"),
        ("kind: combination\n    holds: {rule: smoke, any: [{rule: gas}]}", "exactly one"),
        ("kind: event\n    event: edge.loss\n    clears_after_s: 5\n    when: {}", "a schedule names"),
        ("kind: event\n    event: edge.loss\n    clears_after_s: 5\n    when: {hours: '9-10'}", "regex"),
        ("kind: silence\n    contexts: [{severity: major}]", "a context names"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_work_is_refused_with_its_reason(file: Path, line: str, reason: str) -> None:
    head = RULE.split("    kind:", maxsplit=1)[0]
    rest = "    title: {zh: 甲, en: A}\n    severity: info\n    runbook: {zh: 甲, en: A}\n    why: W\n"
    file.write_text(f"{head}    {line}\n{rest}", encoding="utf-8")
    with pytest.raises(RuleFileError, match=reason):
        RuleSource(file)
