"""Which rules want what: lookups made once, so that a message no rule wants costs next to nothing."""

from __future__ import annotations

from collections import defaultdict
from math import inf

import msgspec

from alerts.rules.event_rules import CountRule, EventRule, SilenceRule
from alerts.rules.joined_rules import ImpossibleTravelRule, LabSessionRule, LeftInSchoolHoursRule, PassbackRule
from alerts.rules.reading_rules import AbsenceRule, ChangeRule, RateRule, ThresholdRule
from alerts.rules.rulefile import RuleSet
from campus.events import EVENTS, Event

Measured = ThresholdRule | RateRule | ChangeRule


class Metric(msgspec.Struct, frozen=True):
    """The rules that want a metric; a value from ``low`` to ``high`` trips none of them, however many they are."""

    low: float
    high: float
    rules: tuple[Measured, ...]


Metrics = dict[str, Metric]


class Listeners:
    """The rules of a set by what they listen to."""

    def __init__(self, rules: RuleSet) -> None:
        self._measured = [rule for rule in rules.rules if isinstance(rule, ThresholdRule | RateRule | ChangeRule)]
        self._absences: dict[str, tuple[AbsenceRule, ...]] = {}
        self.absences = tuple(rule for rule in rules.rules if isinstance(rule, AbsenceRule))
        self._by_kind: dict[str, Metrics] = {}
        self.silence = tuple(rule for rule in rules.rules if isinstance(rule, SilenceRule))
        self.passes = tuple(rule for rule in rules.rules if isinstance(rule, LeftInSchoolHoursRule))
        self.cards = tuple(rule for rule in rules.rules if isinstance(rule, PassbackRule | ImpossibleTravelRule))
        self.labs = tuple(rule for rule in rules.rules if isinstance(rule, LabSessionRule))
        by_event: defaultdict[type[Event], list[EventRule | CountRule]] = defaultdict(list)
        for rule in rules.rules:
            if isinstance(rule, EventRule | CountRule):
                by_event[EVENTS[rule.event]].append(rule)
        self._by_event = {kind: tuple(found) for kind, found in by_event.items()}

    def metrics(self, device_kind: str) -> Metrics:
        """What is wanted of devices of this kind, by the name of the metric."""
        found = self._by_kind.get(device_kind)
        if found is None:
            found = self._by_kind[device_kind] = self._metrics_of(device_kind)
        return found

    def event(self, kind: type[Event]) -> tuple[EventRule | CountRule, ...]:
        """The rules that listen to this event."""
        return self._by_event.get(kind, ())

    def absences_of(self, device_kind: str) -> tuple[AbsenceRule, ...]:
        """The rules that miss something of devices of this kind."""
        found = self._absences.get(device_kind)
        if found is None:
            found = tuple(rule for rule in self.absences if not rule.devices or device_kind in rule.devices)
            self._absences[device_kind] = found
        return found

    def _metrics_of(self, device_kind: str) -> Metrics:
        by_metric: defaultdict[str, list[Measured]] = defaultdict(list)
        for rule in self._measured:
            if not rule.devices or device_kind in rule.devices:
                by_metric[rule.metric].append(rule)
        return {metric: _metric(found) for metric, found in by_metric.items()}


def _metric(rules: list[Measured]) -> Metric:
    limits = [rule for rule in rules if isinstance(rule, ThresholdRule)]
    if len(limits) < len(rules):  # a rule that remembers has to see every value
        return Metric(inf, -inf, tuple(rules))
    low = max((rule.below for rule in limits if rule.below is not None), default=-inf)
    high = min((rule.above for rule in limits if rule.above is not None), default=inf)
    return Metric(low, high, tuple(rules))
