"""The life of a ticket as a table: which act leads from which state to which, and what it needs to be said."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, get_args

import msgspec

from campus.errors import Conflict

State = Literal["open", "assigned", "waiting", "done", "verified", "rejected"]
Act = Literal["assign", "wait", "resume", "done", "verify", "redo", "reject"]
Severity = Literal["urgent", "high", "normal", "low"]
Outcome = Literal["repaired", "replaced", "adjusted", "no_fault", "written_off"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
LIVE: tuple[State, ...] = ("open", "assigned", "waiting", "done")  # somebody still has something to do

# Our own judgement of what a school can keep to; no standard asks it.
DUE: dict[Severity, timedelta] = {
    "urgent": timedelta(hours=4),
    "high": timedelta(hours=24),
    "normal": timedelta(days=3),
    "low": timedelta(days=14),
}


class Step(msgspec.Struct, frozen=True):
    """Where an act leads to, from which states, and which words it cannot do without."""

    to: State
    since: tuple[State, ...]
    needs: Literal["", "assignee", "outcome", "note"] = ""


STEPS: dict[Act, Step] = {
    "assign": Step("assigned", ("open", "assigned", "waiting"), "assignee"),
    "wait": Step("waiting", ("open", "assigned"), "note"),  # for a part or somebody else; the note says for what
    "resume": Step("assigned", ("waiting",)),
    "done": Step("done", ("open", "assigned", "waiting"), "outcome"),
    "verify": Step("verified", ("done",)),
    "redo": Step("assigned", ("done",), "note"),  # the work is not good: again
    "reject": Step("rejected", ("open", "assigned", "waiting"), "note"),  # nothing is to be done
}


def acts_in(state: State) -> tuple[Act, ...]:
    """What can be done with a ticket in ``state``."""
    return tuple(act for act, step in STEPS.items() if state in step.since)


def next_state(state: State, act: Act, said: dict[str, str]) -> State:
    """The state after ``act``; raises `Conflict` when it cannot follow, or when ``said`` lacks what it needs."""
    step = STEPS[act]
    if state not in step.since:
        can = ", ".join(acts_in(state)) or "nothing"
        raise Conflict(f"a ticket that is {state} cannot be given {act!r}; what can follow: {can}")
    if step.needs and not said.get(step.needs):
        raise Conflict(f"{act!r} needs {step.needs}")
    return step.to
