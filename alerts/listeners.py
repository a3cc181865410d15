"""Which rules want what: lookups made once, so that a message no rule wants costs next to nothing."""

from __future__ import annotations

from collections import defaultdict
from math import inf

import msgspec

from alerts.rule import EventRule, LeftInSchoolHoursRule, SilenceRule, ThresholdRule
from alerts.rulefile import RuleSet
from campus.events import EVENTS, Event


class Metric(msgspec.Struct, frozen=True):
    """The rules that want a metric; a value from ``low`` to ``high`` trips none of them, however many they are."""

    low: float
    high: float
    rules: tuple[ThresholdRule, ...]


Metrics = dict[str, Metric]


class Listeners:
    """The rules of a set by what they listen to."""

    def __init__(self, rules: RuleSet) -> None:
        self._thresholds = [rule for rule in rules.rules if isinstance(rule, ThresholdRule)]
        self._by_kind: dict[str, Metrics] = {}
        self.silence = tuple(rule for rule in rules.rules if isinstance(rule, SilenceRule))
        self.passes = tuple(rule for rule in rules.rules if isinstance(rule, LeftInSchoolHoursRule))
        by_event: defaultdict[type[Event], list[EventRule]] = defaultdict(list)
        for rule in rules.rules:
            if isinstance(rule, EventRule):
                by_event[EVENTS[rule.event]].append(rule)
        self._by_event = {kind: tuple(found) for kind, found in by_event.items()}

    def metrics(self, device_kind: str) -> Metrics:
        """What is wanted of devices of this kind, by the name of the metric."""
        found = self._by_kind.get(device_kind)
        if found is None:
            found = self._by_kind[device_kind] = self._metrics_of(device_kind)
        return found

    def event(self, kind: type[Event]) -> tuple[EventRule, ...]:
        """The rules that listen to this event."""
        return self._by_event.get(kind, ())

    def _metrics_of(self, device_kind: str) -> Metrics:
        by_metric: defaultdict[str, list[ThresholdRule]] = defaultdict(list)
        for rule in self._thresholds:
            if not rule.devices or device_kind in rule.devices:
                by_metric[rule.metric].append(rule)
        return {metric: _metric(found) for metric, found in by_metric.items()}


def _metric(rules: list[ThresholdRule]) -> Metric:
    low = max((rule.below for rule in rules if rule.below is not None), default=-inf)
    high = min((rule.above for rule in rules if rule.above is not None), default=inf)
    return Metric(low, high, tuple(rules))
