"""Writes the reference of the rules, docs/reference/rules.md, from the structs and the shipped library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from alerts.rules.combination import Term
from alerts.rules.kinds import RULE_KINDS
from alerts.rules.rule import PLACEHOLDERS, Context, RuleBase, Schedule
from alerts.rules.rulefile import RuleFile, load_rules, rules_schema

_HEAD = """\
# Alarm rules

<!-- Written by `python -m alerts.rules.rulebook`; a test holds it against the code. -->

Rules are YAML. The platform comes with a library (`alerts/rules/library/*.yaml`); a school's own file, named by `rules`
in the `[alerts]` section of `campus.toml`, adds to it, replaces rules by id, or switches them off. A file with a
mistake is refused whole, with file, line and reason. [rules.schema.json](rules.schema.json) is the JSON Schema for
editors. [joined-rules.yaml](joined-rules.yaml) is a start for a school's own file: rules over roll, gates,
cameras and labs.

```
campus rules check my-rules.yaml                  # is it right? what does it change?
campus rules replay --rules my-rules.yaml --since 30d   # what would it have raised?
```

A running platform looks at the file every second and takes up a changed one; a wrong one is refused whole, the rules
stay as they were, and the log and the table `rule_loads` say why.

```yaml
without: [door-open]        # a library rule this school does not want
rules:
  - id: co2-high            # the id of a library rule: this one takes its place
    kind: threshold
    title: {zh: "{place} 二氧化碳过高：{value} {unit}", en: "CO2 too high in {place}: {value} {unit}"}
    severity: info
    metric: co2
    unit: ppm
    above: 1800
    clears: 1400
    for_s: 900
    devices: [sensor]
    runbook: {zh: 请开窗通风。, en: Please open the windows.}
    why: Our rooms are old and the windows are opened in every break.
```
"""
_LIFE = """\
## What becomes of a rule's alarm

One rule and one subject (a device, or a student) have at most one open alarm. It is **unacknowledged** until a person
acknowledges it, **acknowledged** from then on, **returned_unacknowledged** when its condition ended before anyone
looked, **shelved** while a person has set it aside until a stated time, and **closed** at the end. Every step is a
row with time, reason and author. Conditions survive a restart; for 30 s after a start no timer fires, so that
messages which waited at the broker are heard first. Readings marked late, or more than 10 minutes old on arrival,
decide no alarm. Late events do: a smoke alarm that was stored while the network was down is news.
"""


PARTS = (
    ("`when`: a schedule", Schedule),
    ("`contexts`: another severity for other circumstances", Context),
    ("`holds`: a term of a combination", Term),
)


def schema_text() -> str:
    """The published JSON Schema, docs/reference/rules.schema.json."""
    return json.dumps(rules_schema(), ensure_ascii=False, indent=2) + "\n"


def rules_reference() -> str:
    """The whole page as Markdown."""
    kinds = "\n".join(_kind(kind) for kind in RULE_KINDS)
    common = _table(list(msgspec.structs.fields(RuleBase)), {})
    placeholders = ", ".join(f"`{{{name}}}`" for name in sorted(PLACEHOLDERS))
    return "\n".join(
        [
            _HEAD,
            "## Keys of the file\n",
            _table(list(msgspec.structs.fields(RuleFile)), {"rules": "The rules; see below."}),
            "## Keys of every rule\n",
            "`kind` says which of the kinds below it is.\n",
            common,
            f"Placeholders of a title: {placeholders}. Names of students never stand in a title.\n",
            *(_part(title, part) for title, part in PARTS),
            kinds,
            _LIFE,
            _library(),
        ]
    )


def _part(title: str, part: type[msgspec.Struct]) -> str:
    text = "\n".join(line.strip() for line in (part.__doc__ or "").strip().splitlines())
    return f"## {title}\n\n{text}\n\n{_table(list(msgspec.structs.fields(part)), {})}"


def _kind(kind: type[RuleBase]) -> str:
    known = {field.name for field in msgspec.structs.fields(RuleBase)}
    own = [field for field in msgspec.structs.fields(kind) if field.name not in known]
    tag = kind.__struct_config__.tag
    text = "\n".join(line.strip() for line in (kind.__doc__ or "").strip().splitlines())
    return f"## `kind: {tag}`\n\n{text}\n\n{_table(own, {})}"


def _table(fields: list[msgspec.structs.FieldInfo], extra: dict[str, str]) -> str:
    rows = [f"| `{one.encode_name}` | {_default(one)} | {extra.get(one.name) or _description(one)} |" for one in fields]
    return "\n".join(["| key | default | meaning |", "|---|---|---|", *rows]) + "\n"


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "must be given"
    value = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
    return "none" if value in (None, "", (), {}) else f"`{value}`"


def _description(field: msgspec.structs.FieldInfo) -> str:
    schema: dict[str, Any] = msgspec.json.schema(field.type)
    if "description" not in schema and "$ref" in schema:
        schema = schema["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    return str(schema["description"]).replace("\n", " ")


def _library() -> str:
    lines = ["## The shipped library\n", "| rule | severity | title | why | source |", "|---|---|---|---|---|"]
    for rule in load_rules().rules:
        why = " ".join(rule.why.split())
        lines.append(f"| `{rule.id}` | {rule.severity} | {rule.title.zh} / {rule.title.en} | {why} | {rule.source} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    folder = Path(__file__).parents[2] / "docs/reference"
    (folder / "rules.md").write_text(rules_reference(), encoding="utf-8")
    (folder / "rules.schema.json").write_text(schema_text(), encoding="utf-8")
