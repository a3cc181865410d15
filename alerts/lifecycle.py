"""The life of an alarm as a table: which step leads from which state to which (after ISA-18.2 / IEC 62682)."""

from __future__ import annotations

from typing import Literal

import msgspec

State = Literal["normal", "unacknowledged", "acknowledged", "returned_unacknowledged", "shelved", "closed"]
Action = Literal["raise", "return", "acknowledge", "shelve", "unshelve", "resolve", "comment"]
Outcome = Literal["true", "false", "drill", "test"]
OPEN_STATES: tuple[State, ...] = ("unacknowledged", "acknowledged", "returned_unacknowledged", "shelved")

# (state, action) -> next state. What is not here is refused. "normal" is the state before the alarm exists;
# "closed" is the end of one alarm, and the next raise of its rule makes a new one.
TABLE: dict[tuple[State, Action], State] = {
    ("normal", "raise"): "unacknowledged",
    ("unacknowledged", "raise"): "unacknowledged",
    ("unacknowledged", "return"): "returned_unacknowledged",
    ("unacknowledged", "acknowledge"): "acknowledged",
    ("unacknowledged", "shelve"): "shelved",
    ("unacknowledged", "resolve"): "closed",
    ("unacknowledged", "comment"): "unacknowledged",
    ("acknowledged", "raise"): "acknowledged",
    ("acknowledged", "return"): "closed",
    ("acknowledged", "shelve"): "shelved",
    ("acknowledged", "resolve"): "closed",
    ("acknowledged", "comment"): "acknowledged",
    ("returned_unacknowledged", "raise"): "unacknowledged",
    ("returned_unacknowledged", "return"): "returned_unacknowledged",
    ("returned_unacknowledged", "acknowledge"): "closed",
    ("returned_unacknowledged", "shelve"): "shelved",
    ("returned_unacknowledged", "resolve"): "closed",
    ("returned_unacknowledged", "comment"): "returned_unacknowledged",
    ("shelved", "raise"): "shelved",
    ("shelved", "return"): "shelved",
    ("shelved", "shelve"): "shelved",  # for longer, or with another reason
    ("shelved", "resolve"): "closed",
    ("shelved", "comment"): "shelved",
    # "unshelve" depends on whether the condition still holds: see `step`.
    ("closed", "resolve"): "closed",  # the outcome is often known only afterwards
    ("closed", "comment"): "closed",
}

_REFUSALS: dict[tuple[State, Action], str] = {
    ("acknowledged", "acknowledge"): "the alarm is acknowledged already",
    ("shelved", "acknowledge"): "the alarm is shelved; take it off the shelf first",
}


class Transition(msgspec.Struct, frozen=True):
    """A step that is allowed: from ``old`` to ``new``; ``active`` is whether the condition holds after it."""

    old: State
    new: State
    active: bool


class Refusal(msgspec.Struct, frozen=True):
    """A step that is not allowed, and why."""

    reason: str


def step(state: State, action: Action, *, active: bool) -> Transition | Refusal:
    """What ``action`` does to an alarm in ``state`` whose condition holds or not (``active``)."""
    if action == "unshelve":
        if state != "shelved":
            return Refusal("the alarm is not shelved")
        return Transition(state, "unacknowledged" if active else "closed", active)
    new = TABLE.get((state, action))
    if new is None:
        reason = "the alarm is closed" if state == "closed" else f"an alarm that is {state} cannot {action}"
        return Refusal(_REFUSALS.get((state, action), reason))
    return Transition(state, new, {"raise": True, "return": False}.get(action, active))
