"""Which step of which alarm is told to whom: decisions that say why."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

import msgspec

from alerts.life.lifecycle import Action, State
from alerts.rules.rule import SEVERITIES, Severity
from alerts.telling.routes import Plan


class Decision(msgspec.Struct, frozen=True):
    """Whether a step is told to an endpoint, and why."""

    send: bool
    reason: Literal["wanted", "comment", "internal", "shelved", "muted", "flapping", "below_severity"]


def decide(
    action: Action,
    old: State,
    new: State,
    severity: Severity,
    min_severity: Severity,
    *,
    current: State | None = None,
    flapping: bool = False,
) -> Decision:
    """Whether the step ``old`` -> ``new`` of an alarm is told to an endpoint that asks for ``min_severity``.

    ``current`` is the state the alarm is in by now: one that was set aside the moment it was raised rings nobody.
    """
    if action == "comment":
        return Decision(False, "comment")  # a person's own words may hold a name
    if action in _INTERNAL or (action in ("unsuppress", "put_back") and new == "closed"):
        return Decision(False, "internal")
    if old == new == "shelved" and action in ("raise", "return"):
        return Decision(False, "shelved")
    if action in ("raise", "return") and (old in _MUTED or current in _MUTED):
        return Decision(False, "muted")
    if action in ("raise", "return") and flapping:
        return Decision(False, "flapping")
    if SEVERITIES.index(severity) < SEVERITIES.index(min_severity):
        return Decision(False, "below_severity")
    return Decision(True, "wanted")


def addressed(asked: Plan, number: int, action: Action, known: Collection[str]) -> tuple[set[str], bool]:
    """The endpoints that level ``number`` of a plan names, and whether every one is told by its own severity.

    A reminder goes to those of the levels before, too. A level whose endpoints are ``known`` no more tells every one:
    an alarm is not lost to the settings having changed.
    """
    level = asked.level(number)
    reached = asked.levels[: number + 1] if action == "remind" else (level,)
    return {name for one in reached for name in one.by}, not any(name in known for name in level.by)


def endpoints_of(
    asked: Plan, number: int, action: Action, severity: Severity, known: Mapping[str, Severity]
) -> tuple[str, ...]:
    """The endpoints that a step of an alarm goes to, of those ``known`` with the mildest severity each asks for."""
    names, every = addressed(asked, number, action, known)
    loud = SEVERITIES.index(severity)
    return tuple(name for name, least in known.items() if name in names or (every and SEVERITIES.index(least) <= loud))


_INTERNAL: frozenset[Action] = frozenset(("assign", "hand_over", "suppress", "take_out", "steady"))
_MUTED: frozenset[State] = frozenset(("suppressed", "out_of_service"))
