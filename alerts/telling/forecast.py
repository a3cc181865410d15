"""What would happen with an alarm that nobody acknowledges: step by step, by the routes alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

from alerts.rules.rule import Severity
from alerts.telling.escalation import timers
from alerts.telling.routes import Facts, Routes, Who, plan
from alerts.telling.routing import endpoints_of

Asking = Literal["raise", "escalate", "remind"]


class Coming(msgspec.Struct, frozen=True, kw_only=True):
    """One step: so many seconds after the alarm was raised these roles are asked and these endpoints told."""

    after_s: float
    action: Asking
    level: int
    route: str
    to: tuple[Who, ...]
    by: tuple[str, ...]


def forecast(routes: Routes, facts: Callable[[float], Facts], endpoints: Mapping[str, Severity]) -> list[Coming]:
    """The steps in their order. ``facts`` tells what routing will look at so many seconds after the alarm.

    As with a real alarm, the first moment decides when something follows, and each step's own moment whom it tells: an
    alarm of 21:59 that is escalated at 22:01 goes to whom the night's route names.
    """
    level, found = 0, list[Coming]()
    steps: list[tuple[Asking, int, float]] = [("raise", 0, 0.0), *timers(plan(routes, facts(0.0)))]
    for action, number, after_s in steps:
        if action == "escalate":
            level = number
        now = facts(after_s)
        asked = plan(routes, now)
        by = endpoints_of(asked, level, action, now.severity, endpoints)
        to = asked.level(level).to
        found.append(Coming(after_s=after_s, action=action, level=level, route=asked.route, to=to, by=by))
    return found
