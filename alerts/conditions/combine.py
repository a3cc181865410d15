"""Which combinations hold, from the conditions of the rules they join."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from alerts.conditions.signal import Cause, Signal
from alerts.conditions.states import ConditionStates
from alerts.life.words import joined
from alerts.rules.combination import CombinationRule
from alerts.rules.kinds import Rule


class Combiner:
    """Looks again at the combinations a rule is part of."""

    def __init__(self, rules: Iterable[Rule], states: ConditionStates) -> None:
        self._states = states
        self.rules = [rule for rule in rules if isinstance(rule, CombinationRule)]
        self._joining: defaultdict[str, list[CombinationRule]] = defaultdict(list)
        for rule in self.rules:
            for member in set(rule.holds.rules()):
                self._joining[member].append(rule)

    def joins(self, rule_id: str) -> bool:
        """Whether a combination speaks of this rule."""
        return rule_id in self._joining

    def signals(self, rule_id: str, cause: Cause, at: datetime) -> list[Signal]:
        """What a change of a condition of ``rule_id`` about ``cause`` means for the combinations."""
        found = (self.look(rule, cause, at) for rule in self._joining[rule_id])
        return [signal for signal in found if signal is not None]

    def look(self, rule: CombinationRule, cause: Cause, at: datetime) -> Signal | None:
        """Whether ``rule`` holds in the place of ``cause``; None when that is nothing new."""
        place = cause.place if rule.over == "place" else None
        if rule.over == "place" and (place is None or not rule.covers(place)):
            return None
        subject = place or cause.school
        held = self._states.get((cause.school, rule.id, subject))
        holding = [one for one in set(rule.holds.rules()) if self._holding(cause.school, one, place)]
        holds = rule.holds.holds(lambda one: self._holding(cause.school, one, place))
        if holds == (held is not None):
            return None
        about = Cause(school=cause.school, subject=subject, place=place, event_id=cause.event_id)
        return Signal(rule=rule, cause=about, tripped=holds, at=at, reason=joined(sorted(holding)))

    def _holding(self, school: str, rule_id: str, place: str | None) -> int:
        """For how many devices (of ``place``, if given) the condition of a rule holds."""
        about = (self._states.get(key) for key in self._states.not_normal() if key[:2] == (school, rule_id))
        return sum(
            1
            for held in about
            if held is not None and held.condition.phase == "active" and place in (None, held.cause.place)
        )
