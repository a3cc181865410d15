"""`campus rules`: check a rules file, print the schema, try draft rules on what happened."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import click
import msgspec

from alerts.rules.kinds import Rule
from alerts.rules.rulefile import RuleSet, load_rules, rules_schema

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def rules() -> None:
    """Check alarm rules, print their schema, try drafts on what happened."""


@rules.command()
@click.argument("file", type=FILE)
def check(file: Path) -> None:
    """Say whether FILE is right and what it changes; a mistake is told with file, line and reason (exit code 2)."""
    shipped, found = load_rules(), load_rules(file)
    for rule in found.rules:
        old = shipped.get(rule.id)
        if old != rule:
            click.echo(f"{'changes' if old else 'adds   '}  {rule.id}: {_says(rule)}")
    for gone in sorted({rule.id for rule in shipped.rules} - {rule.id for rule in found.rules}):
        click.echo(f"drops    {gone}")
    click.echo(f"{file} is right: {_count(found)} would be in force.")


@rules.command()
def schema() -> None:
    """Print the JSON Schema of rules files, for editors."""
    click.echo(json.dumps(rules_schema(), ensure_ascii=False, indent=2))


@rules.command()
@click.option("--rules", "file", type=FILE, help="The draft; left out: the rules in force by campus.toml.")
@click.option("--since", default="7d", show_default=True, help="How far back: 90m, 12h, 30d.")
@click.option("--guards", default=1, show_default=True, type=click.IntRange(1), help="Guards on duty at a time.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--config", "config_path", type=click.Path(dir_okay=False, path_type=Path), envvar="CAMPUS_CONFIG")
def replay(file: Path | None, since: str, guards: int, as_json: bool, config_path: Path | None) -> None:
    """Run draft rules over stored history as the engine would have, and say what would be different."""
    from cli.commands.rules_replay import lines, replay_rules
    from cli.options import load_settings, the_clock

    settings = load_settings(config_path)
    report = replay_rules(settings, the_clock(), load_rules(file or settings.alerts.rules), _span(since), guards)
    if as_json:
        click.echo(msgspec.json.encode(report).decode())
        return
    for line in lines(report):
        click.echo(line)


def _span(text: str) -> timedelta:
    found = re.fullmatch(r"([1-9]\d{0,4})([mhd])", text)
    if found is None:
        raise click.BadParameter(f"{text!r} is no span of time; give something like 90m, 12h or 30d")
    unit = {"m": "minutes", "h": "hours", "d": "days"}[found.group(2)]
    return timedelta(**{unit: int(found.group(1))})


def _says(rule: Rule) -> str:
    kind = type(rule).__struct_config__.tag
    return f"{kind}, {rule.severity}, {rule.title.en}" + ("" if rule.alarm else " (a condition, no alarm of its own)")


def _count(rules: RuleSet) -> str:
    return "1 rule" if len(rules.rules) == 1 else f"{len(rules.rules)} rules"
