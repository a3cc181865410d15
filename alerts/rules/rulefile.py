"""Reads rules from YAML: the shipped library and a school's own file; a wrong file is refused whole."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import yaml
from msgspec import Meta

from alerts.rules.combination import CombinationRule
from alerts.rules.kinds import Rule
from alerts.rules.yaml_document import RuleFileError, read_document
from alerts.rules.yaml_lines import line_of


class RuleFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rules file: the library or not, what to leave out of it, and rules of the school's own."""

    library: Annotated[
        Literal["shipped", "none"],
        Meta(
            description="`shipped`: the rules of this file are added to the library that comes with the platform, and "
            "one with the same id takes its place; `none`: this file is everything."
        ),
    ] = "shipped"
    # Not "off": YAML 1.1 reads that word as false.
    without: Annotated[tuple[str, ...], Meta(description="Ids of library rules that are switched off.")] = ()
    rules: tuple[Rule, ...] = ()


class RuleSet(msgspec.Struct, frozen=True):
    """The rules in force, each id once."""

    rules: tuple[Rule, ...]

    def get(self, rule_id: str) -> Rule | None:
        """The rule with this id, or None."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)


def load_rules(path: Path | None = None) -> RuleSet:
    """The rules in force: the shipped library, changed by the file at ``path`` if one is given.

    Raises `RuleFileError` with file, line and reason; then no rule of the file is taken.
    """
    if path is None:
        return RuleSet(_shipped())
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RuleFileError(str(path), 1, f"cannot be read: {error}") from None
    return read_rules(text, str(path))


def read_rules(text: str, name: str) -> RuleSet:
    """The rules in force if a file called ``name`` said ``text``; raises `RuleFileError` as `load_rules` does."""
    library = _shipped()
    own, root = _parse(text, name)
    base = library if own.library == "shipped" else ()
    known = {rule.id for rule in base}
    for index, rule_id in enumerate(own.without):
        if rule_id not in known:
            line = line_of(root, f"at `$.without[{index}]`")
            raise RuleFileError(name, line, f"{rule_id!r} is no rule of the library; it has {sorted(known)}")
    replaced = {rule.id for rule in own.rules} | set(own.without)
    rules = RuleSet((*(rule for rule in base if rule.id not in replaced), *own.rules))
    _check_joins(rules, own, name, root)
    return rules


def rules_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a rules file, for editors and for checks before a file is installed."""
    schema = msgspec.json.schema(RuleFile, ref_template="#/$defs/{name}")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Alarm rules", **schema}


@cache  # a part of the program, which does not change while it runs
def _shipped() -> tuple[Rule, ...]:
    rules: list[Rule] = []
    for entry in sorted(files("alerts.rules.library").iterdir(), key=lambda one: one.name):
        if entry.name.endswith(".yaml"):
            rules.extend(_parse(entry.read_text(encoding="utf-8"), f"alerts/rules/library/{entry.name}")[0].rules)
    return tuple(rules)


def _parse(text: str, name: str) -> tuple[RuleFile, yaml.Node | None]:
    file, root = read_document(text, name, RuleFile)
    _check_ids(file, name, root)
    return file, root


def _check_joins(rules: RuleSet, own: RuleFile, name: str, root: yaml.Node | None) -> None:
    """A combination speaks of rules that are in force, and not of other combinations."""
    own_ids = [rule.id for rule in own.rules]
    for rule in rules.rules:
        for member in rule.holds.rules() if isinstance(rule, CombinationRule) else ():
            found = rules.get(member)
            if found is None or isinstance(found, CombinationRule):
                what = "is switched off or does not exist" if found is None else "is a combination itself"
                path = f"at `$.rules[{own_ids.index(rule.id)}].holds`" if rule.id in own_ids else "at `$.without`"
                raise RuleFileError(name, line_of(root, path), f"{rule.id!r} joins {member!r}, which {what}")


def _check_ids(file: RuleFile, name: str, root: yaml.Node | None) -> None:
    seen: set[str] = set()
    for index, rule in enumerate(file.rules):
        if rule.id in seen:
            raise RuleFileError(name, line_of(root, f"at `$.rules[{index}].id`"), f"the id {rule.id!r} stands twice")
        seen.add(rule.id)
