"""Which step of which alarm is told to whom: decisions that say why."""

from __future__ import annotations

from typing import Literal

import msgspec

from alerts.life.lifecycle import Action, State
from alerts.rules.rule import SEVERITIES, Severity


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


_INTERNAL: frozenset[Action] = frozenset(("assign", "hand_over", "suppress", "take_out", "steady"))
_MUTED: frozenset[State] = frozenset(("suppressed", "out_of_service"))
