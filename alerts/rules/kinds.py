"""All kinds of rules there are."""

from __future__ import annotations

from typing import Any, get_args

from alerts.rules.combination import CombinationRule
from alerts.rules.event_rules import CountRule, EventRule, SilenceRule
from alerts.rules.joined_rules import (
    AbsentInsideRule,
    BoarderCurfewRule,
    GateSilentInRushRule,
    HeadCountRule,
    IllnessClusterRule,
    ImpossibleTravelRule,
    LabSessionRule,
    LeftInSchoolHoursRule,
    NotCheckedOutRule,
    PassbackRule,
    PatrolsRule,
    PresentOutsideRule,
    RollMissingRule,
    RosterTroubleRule,
    TailgatingRule,
    WorkOverdueRule,
)
from alerts.rules.reading_rules import AbsenceRule, ChangeRule, RateRule, ThresholdRule
from alerts.rules.rule import RuleBase, Severity

Rule = (
    ThresholdRule
    | RateRule
    | ChangeRule
    | AbsenceRule
    | EventRule
    | CountRule
    | SilenceRule
    | CombinationRule
    | LeftInSchoolHoursRule
    | AbsentInsideRule
    | PresentOutsideRule
    | NotCheckedOutRule
    | RollMissingRule
    | IllnessClusterRule
    | HeadCountRule
    | PassbackRule
    | ImpossibleTravelRule
    | TailgatingRule
    | BoarderCurfewRule
    | GateSilentInRushRule
    | RosterTroubleRule
    | WorkOverdueRule
    | PatrolsRule
    | LabSessionRule
)
RULE_KINDS: tuple[type[RuleBase], ...] = get_args(Rule)


def severity_for(rule: Rule, device_kind: str) -> Severity:
    """The severity of an alarm that ``rule`` raises for a device of ``device_kind``."""
    if isinstance(rule, SilenceRule):
        own: dict[Any, Severity] = rule.severity_of
        return own.get(device_kind, rule.severity)
    return rule.severity
