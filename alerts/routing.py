"""Which step of which alarm is told to whom: decisions that say why."""

from __future__ import annotations

from typing import Literal

import msgspec

from alerts.lifecycle import Action, State
from alerts.rule import SEVERITIES, Severity


class Decision(msgspec.Struct, frozen=True):
    """Whether a step is told to an endpoint, and why."""

    send: bool
    reason: Literal["wanted", "comment", "shelved", "below_severity"]


def decide(action: Action, old: State, new: State, severity: Severity, min_severity: Severity) -> Decision:
    """Whether the step ``old`` -> ``new`` of an alarm is told to an endpoint that asks for ``min_severity``."""
    if action == "comment":
        return Decision(False, "comment")  # a person's own words may hold a name
    if old == new == "shelved" and action in ("raise", "return"):
        return Decision(False, "shelved")
    if SEVERITIES.index(severity) < SEVERITIES.index(min_severity):
        return Decision(False, "below_severity")
    return Decision(True, "wanted")
