"""Rules files: what is taken, what is refused and how it is told, the schema and the reference."""

import re
from pathlib import Path

import msgspec
import pytest
import yaml

from alerts.rules.event_rules import SilenceRule
from alerts.rules.kinds import RULE_KINDS, severity_for
from alerts.rules.reading_rules import ThresholdRule
from alerts.rules.rulebook import rules_reference, schema_text
from alerts.rules.rulefile import RuleFile, load_rules, rules_schema
from alerts.rules.yaml_document import RuleFileError

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "rules.md"
GOOD = """\
rules:
  - id: noise-high
    kind: threshold
    title: {zh: 噪声, en: Noise}
    severity: info
    runbook: {zh: 看一看, en: Have a look}
    why: Too loud to teach.
    metric: noise
    above: 80
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def doubled(times: int) -> str:
    """Lists of ten, each of the one before: a small text that stands for 10 to the power of ``times`` values."""
    lines = [f"b{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]" for n in range(1, times + 1)]
    return "\n".join(["b0: &x0 [1]", *lines])


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [("rules:\n  - " + "[" * 30_000, 2, "deep"), ("rules: " + "{a: " * 60, 1, "deep"), (doubled(12), 6, "values")],
)
def test_a_file_that_would_end_the_program_that_reads_it_is_refused(
    tmp_path: Path, text: str, line: int, said: str
) -> None:
    with pytest.raises(RuleFileError, match=rf"line {line}: cannot be read: .* {said}"):
        load_rules(write(tmp_path, text))


def test_what_rules_share_may_be_written_once(tmp_path: Path) -> None:
    shared = GOOD.replace("title: {", "title: &t {") + "  - id: louder\n" + GOOD.split("noise-high\n")[1]
    shared = shared.replace("title: {zh", "title: *t  # {zh")
    mine = [rule for rule in load_rules(write(tmp_path, shared)).rules if rule.id in {"noise-high", "louder"}]
    assert [rule.title.en for rule in mine] == ["Noise", "Noise"]


def test_the_library_holds_the_rules_the_simulator_knows() -> None:
    assert {rule.id for rule in load_rules().rules} >= {
        "co2-high", "temperature-high", "smoke", "gas", "panic", "door-open", "intrusion", "camera-blind",
        "device-silent-gate", "device-silent-camera", "device-silent-other", "left-in-school-hours", "edge-loss",
    }  # fmt: skip


def test_every_library_rule_says_why_and_what_to_do_in_both_languages() -> None:
    for rule in load_rules().rules:
        assert rule.why
        assert re.search("[一-鿿]", rule.runbook.zh), rule.id
        assert re.search("[a-z]", rule.runbook.en), rule.id


def test_own_rules_are_added_to_the_library(tmp_path: Path) -> None:
    rules = load_rules(write(tmp_path, GOOD))
    assert rules.get("noise-high") is not None
    assert rules.get("smoke") is not None


def test_a_rule_with_the_id_of_a_library_rule_takes_its_place(tmp_path: Path) -> None:
    rules = load_rules(write(tmp_path, GOOD.replace("noise-high", "co2-high")))
    mine = [rule for rule in rules.rules if rule.id == "co2-high"]
    assert len(mine) == 1
    assert isinstance(mine[0], ThresholdRule)
    assert mine[0].metric == "noise"


def test_a_library_rule_can_be_switched_off(tmp_path: Path) -> None:
    rules = load_rules(write(tmp_path, "without: [door-open]\n"))
    assert rules.get("door-open") is None
    assert rules.get("smoke") is not None


def test_a_file_can_be_everything(tmp_path: Path) -> None:
    assert [rule.id for rule in load_rules(write(tmp_path, "library: none\n" + GOOD)).rules] == ["noise-high"]


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    assert load_rules(write(tmp_path, "# nothing yet\n")) == load_rules()


WRONG = {
    "an unknown key": (GOOD.replace("above:", "abbove:"), 9, "unknown field `abbove`"),
    "a value of the wrong type": (GOOD.replace("above: 80", "above: loud"), 9, "Expected `float"),
    "a severity nobody knows": (GOOD.replace("severity: info", "severity: awful"), 5, "Invalid enum value 'awful'"),
    "a missing runbook": (
        GOOD.replace("    runbook: {zh: 看一看, en: Have a look}\n", ""),
        2,
        "missing required field",
    ),
    "a missing language": (GOOD.replace("{zh: 噪声, en: Noise}", "{en: Noise}"), 4, "missing required field `zh`"),
    "two limits": (GOOD + "    below: 10\n", 2, "either `above` or `below`"),
    "no limit": (GOOD.replace("    above: 80\n", ""), 2, "either `above` or `below`"),
    "a clear beyond the limit": (GOOD + "    clears: 90\n", 2, "must not be above"),
    "a placeholder nobody knows": (
        GOOD.replace("en: Noise", "en: 'Noise of {student}'"),
        2,
        "the title uses {student}",
    ),
    "a title with a trick": (GOOD.replace("en: Noise", "en: 'Noise {place.__class__}'"), 2, "the title uses"),
    "a rule kind nobody knows": (GOOD.replace("kind: threshold", "kind: magic"), 3, "Invalid value 'magic'"),
    "an id with blanks": (GOOD.replace("noise-high", "noise high"), 2, "matching regex"),
    "an id twice": (GOOD + GOOD.removeprefix("rules:\n"), 10, "stands twice"),
    "a key twice": (GOOD + "    above: 90\n", 10, "'above' stands twice"),
    "a library rule that does not exist": ("without:\n  - door-open\n  - dor-open\n", 3, "no rule of the library"),
    "no YAML": ("rules:\n  - id: [\n", 3, "not valid YAML"),
    "a list": ("- id: x\n", 1, "Expected `object`"),
}
EVENT = """\
rules:
  - id: water
    kind: event
    title: {zh: 水, en: Water}
    severity: major
    runbook: {zh: 关阀门, en: Shut the valve}
    why: Water finds its way.
    event: sensor.alarm
"""
WRONG |= {
    "an event nobody sends": (EVENT.replace("sensor.alarm", "sensor.alert"), 2, "there is no event 'sensor.alert'"),
    "a field the event has not": (EVENT + "    match: {sort: water}\n", 2, "has no field 'sort'"),
    "a value the field never has": (EVENT + "    match: {kind: whater}\n", 2, "can never be 'whater'"),
    "matching on active": (EVENT + "    match: {active: true}\n", 2, "leave it out of `match`"),
    "an event that never ends": (EVENT.replace("sensor.alarm", "edge.loss"), 2, "give `clears_after_s`"),
}


@pytest.mark.parametrize(("text", "line", "reason"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_file_is_refused_whole_with_line_and_reason(tmp_path: Path, text: str, line: int, reason: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(RuleFileError) as refused:
        load_rules(path)
    assert (refused.value.file, refused.value.line) == (str(path), line), str(refused.value)
    assert reason in refused.value.problem


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RuleFileError, match=r"none\.yaml"):
        load_rules(tmp_path / "none.yaml")


def test_the_version_moves_with_every_change_of_a_rule() -> None:
    rule = load_rules().rules[0]
    assert rule.version == load_rules().rules[0].version
    assert msgspec.structs.replace(rule, why="because").version != rule.version


def test_a_silent_agent_matters_more_than_a_silent_sensor() -> None:
    rule = load_rules().get("device-silent-other")
    assert isinstance(rule, SilenceRule)
    assert severity_for(rule, "agent") == "major"
    assert severity_for(rule, "sensor") == "warning"


def test_the_schema_knows_every_key_and_tells_what_it_means() -> None:
    definitions = rules_schema()["$defs"]
    assert set(definitions["RuleFile"]["properties"]) == {"library", "without", "rules"}
    for kind in RULE_KINDS:
        properties = definitions[kind.__name__]["properties"]
        assert definitions[kind.__name__]["additionalProperties"] is False
        assert {field.encode_name for field in msgspec.structs.fields(kind)} | {"kind"} == set(properties)
    assert definitions["ThresholdRule"]["properties"]["gap_s"]["exclusiveMinimum"] == 0


def test_the_reference_is_written_from_the_code() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == rules_reference(), "run: python -m alerts.rules.rulebook"


def test_the_example_of_the_reference_is_a_rules_file() -> None:
    example = REFERENCE.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    assert msgspec.convert(yaml.safe_load(example), RuleFile).rules[0].id == "co2-high"


def test_the_published_schema_is_written_from_the_types() -> None:
    published = REFERENCE.with_name("rules.schema.json").read_text(encoding="utf-8")
    assert published == schema_text(), "run: python -m alerts.rules.rulebook"
