"""The life of an alarm as a table: which step leads from which state to which (after ISA-18.2 / IEC 62682)."""

from __future__ import annotations

from typing import Literal

import msgspec

State = Literal[
    "normal", "unacknowledged", "acknowledged", "returned_unacknowledged", "shelved", "suppressed", "out_of_service",
    "closed",
]  # fmt: skip
Action = Literal[
    "raise", "return", "acknowledge", "shelve", "unshelve", "suppress", "unsuppress", "take_out", "put_back", "assign",
    "hand_over", "flap", "steady", "escalate", "remind", "resolve", "comment",
]  # fmt: skip
Outcome = Literal["true", "false", "drill", "test"]
# Shelved is a person's choice for one alarm; suppressed follows from another alarm or from maintenance; out of service
# is a device or rule that is taken out until someone puts it back.
OPEN_STATES: tuple[State, ...] = (
    "unacknowledged", "acknowledged", "returned_unacknowledged", "shelved", "suppressed", "out_of_service",
)  # fmt: skip
MUTED_STATES: tuple[State, ...] = ("shelved", "suppressed", "out_of_service")
_SEEN_STATES: tuple[State, ...] = ("unacknowledged", "acknowledged", "returned_unacknowledged")
_ENDINGS: dict[Action, State] = {"unshelve": "shelved", "unsuppress": "suppressed", "put_back": "out_of_service"}

# (state, action) -> next state. What is not here is refused. "normal" is the state before the alarm exists;
# "closed" is the end of one alarm, and the next raise of its rule makes a new one.
TABLE: dict[tuple[State, Action], State] = {
    ("normal", "raise"): "unacknowledged",
    ("unacknowledged", "raise"): "unacknowledged",
    ("unacknowledged", "return"): "returned_unacknowledged",
    ("unacknowledged", "acknowledge"): "acknowledged",
    ("acknowledged", "raise"): "acknowledged",
    ("acknowledged", "return"): "closed",
    ("returned_unacknowledged", "raise"): "unacknowledged",
    ("returned_unacknowledged", "return"): "returned_unacknowledged",
    ("returned_unacknowledged", "acknowledge"): "closed",
    ("shelved", "shelve"): "shelved",  # for longer, or with another reason
    ("suppressed", "take_out"): "out_of_service",
    ("out_of_service", "take_out"): "out_of_service",  # for another reason
    ("shelved", "take_out"): "out_of_service",
    # Whatever is set aside goes on being recorded. How it comes back depends on its condition: see `step`.
    **{(state, action): state for state in MUTED_STATES for action in ("raise", "return")},
    **{(state, "shelve"): "shelved" for state in _SEEN_STATES},
    **{(state, "suppress"): "suppressed" for state in _SEEN_STATES},
    **{(state, "take_out"): "out_of_service" for state in _SEEN_STATES},
    **{(state, action): state for state in _SEEN_STATES for action in ("flap", "steady")},
    **{
        (state, action): state for state in _SEEN_STATES for action in ("escalate", "remind") if state != "acknowledged"
    },
    **{(state, action): state for state in OPEN_STATES for action in ("assign", "hand_over", "comment")},
    **{(state, "resolve"): "closed" for state in OPEN_STATES},
    ("closed", "resolve"): "closed",  # the outcome is often known only afterwards
    ("closed", "comment"): "closed",
}

_REFUSALS: dict[tuple[State, Action], str] = {
    ("acknowledged", "acknowledge"): "the alarm is acknowledged already",
    ("shelved", "acknowledge"): "the alarm is shelved; take it off the shelf first",
    ("suppressed", "acknowledge"): "the alarm is suppressed; nobody is asked to deal with it",
    ("out_of_service", "acknowledge"): "what raised the alarm is out of service; put it back first",
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
    if action in _ENDINGS:
        if state != _ENDINGS[action]:
            return Refusal(f"the alarm is not {_ENDINGS[action].replace('_', ' ')}")
        return Transition(state, "unacknowledged" if active else "closed", active)
    new = TABLE.get((state, action))
    if new is None:
        reason = "the alarm is closed" if state == "closed" else f"an alarm that is {state} cannot {action}"
        return Refusal(_REFUSALS.get((state, action), reason))
    return Transition(state, new, {"raise": True, "return": False}.get(action, active))
