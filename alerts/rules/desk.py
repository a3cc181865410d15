"""Changes the school's rules file over the console: checked first, written whole, each text kept as a revision.

The file is the one truth: the engine reads it, an editor on the machine may change it, and so may the console. A text
that somebody wrote into the file by other means is kept as a revision, too, before the console writes another one.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec
import sqlalchemy as sa

from alerts.life.announce import words_of_limit
from alerts.rules import revisions
from alerts.rules.kinds import Rule
from alerts.rules.rule import Bilingual
from alerts.rules.rulefile import RuleSet, load_rules, read_rules
from alerts.tables import rule_loads, rule_revisions
from campus.errors import Conflict, Unavailable


class RuleLine(msgspec.Struct, frozen=True, kw_only=True):
    """One rule with where it comes from and whether it is on; ``title`` has stand-ins like [place] in it."""

    id: str
    kind: str
    severity: str
    title: Bilingual
    why: str
    basis: str  # the standard or study of its limits
    origin: Literal["library", "own", "replaced"]  # replaced: a library rule whose place one of the file took
    on: bool


class RuleLoad(msgspec.Struct, frozen=True, kw_only=True):
    """When the engine last took up rules or refused a file, with the reason."""

    at: datetime
    rules: int
    error: str


class RuleChange(msgspec.Struct, frozen=True):
    """What a draft does to one rule."""

    rule: str
    what: Literal["adds", "changes", "drops"]


def text_of(path: Path | None) -> str:
    """What the file says now; empty for one that is not there yet."""
    try:
        return path.read_text(encoding="utf-8") if path is not None else ""
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable("the rules file", f"{path}: {error}") from None


def lines_of(text: str, name: str) -> list[RuleLine]:
    """Every rule of the library and of ``text``; raises `RuleFileError`."""
    library, in_force = load_rules(), read_rules(text, name)
    shipped = {rule.id: rule for rule in library.rules}
    found = [
        _line(rule, "library" if shipped.get(rule.id) == rule else "replaced" if rule.id in shipped else "own", True)
        for rule in in_force.rules
    ]
    off = [_line(rule, "library", False) for rule in library.rules if in_force.get(rule.id) is None]
    return [*found, *off]


def changes(before: RuleSet, after: RuleSet) -> list[RuleChange]:
    """What differs between two sets of rules, by id."""
    old, new = ({rule.id: rule for rule in rules.rules} for rules in (before, after))
    found: list[RuleChange] = []
    for rule in sorted(old.keys() | new.keys()):
        if rule not in old:
            found.append(RuleChange(rule, "adds"))
        elif rule not in new:
            found.append(RuleChange(rule, "drops"))
        elif old[rule] != new[rule]:
            found.append(RuleChange(rule, "changes"))
    return found


def put(conn: sa.Connection, path: Path | None, text: str, by: str, reason: str, now: datetime) -> int:
    """Write ``text`` into the file and keep it; return its revision.

    Raises `RuleFileError`, or `Conflict` saying what to do first.
    """
    if path is None:
        raise Conflict(
            'this platform has no rules file of its own: set `rules = "rules.yaml"` in [alerts] of campus.toml'
        )
    why = revisions.reason_of(reason)
    read_rules(text, path.name)
    was = text_of(path)
    if was == text:
        raise Conflict("the file says exactly this already")
    last = revisions.newest(conn, rule_revisions)
    if was.strip() and (last is None or was != last.text):
        revisions.keep(conn, rule_revisions, was, revisions.BY_HAND, revisions.AS_FOUND, now)
    number = revisions.keep(conn, rule_revisions, text, by, why, now)
    _write(path, text)
    return number


def last_loads(conn: sa.Connection) -> Sequence[RuleLoad]:
    """What the engine last made of the rules, the newest first."""
    columns = [rule_loads.c[name] for name in RuleLoad.__struct_fields__]
    rows = conn.execute(sa.select(*columns).order_by(rule_loads.c.id.desc()).limit(3))
    return [RuleLoad(**row) for row in rows.mappings()]


# What stands in a title where an alarm will have the names and the value.
_STAND_INS = {
    "place": Bilingual(zh="〔地点〕", en="[place]"),
    "device": Bilingual(zh="〔设备〕", en="[device]"),
    "class": Bilingual(zh="〔班级〕", en="[class]"),
    "value": Bilingual(zh="〔数值〕", en="[value]"),
}


def _line(rule: Rule, origin: Literal["library", "own", "replaced"], on: bool) -> RuleLine:
    title = rule.title.filled(_STAND_INS | words_of_limit(rule))
    return RuleLine(
        id=rule.id, kind=str(type(rule).__struct_config__.tag), severity=rule.severity, title=title, why=rule.why,
        basis=rule.source, origin=origin, on=on,
    )  # fmt: skip


def _write(path: Path, text: str) -> None:
    """Replace the file whole: the engine, which looks at it every second, never reads half of it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=".rules-", delete=False) as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).chmod(0o644)
        Path(file.name).replace(path)
    except OSError as error:
        raise Unavailable("the rules file", f"{path} cannot be written: {error}") from None
