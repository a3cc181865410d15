"""Takes signals and the passing of time to conditions, and conditions to alarms."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

import msgspec
import sqlalchemy as sa

from alerts.conditions.absences import Absences
from alerts.conditions.combine import Combiner
from alerts.conditions.condition import Verdict, cleared, elapsed, tripped
from alerts.conditions.schedules import Schedules
from alerts.conditions.signal import Cause, Signal, timing_of
from alerts.conditions.states import ConditionStates, Held, Key
from alerts.joined.left_in_school_hours import LeftInSchoolHours
from alerts.life import flapping, journal, mutes
from alerts.life.announce import Announcer
from alerts.life.words import LEFT, WHY, absent, over_limit
from alerts.rules.combination import CombinationRule
from alerts.rules.kinds import Rule
from alerts.rules.reading_rules import AbsenceRule, ThresholdRule
from alerts.rules.rule import Bilingual
from alerts.rules.rulefile import RuleSet

log = logging.getLogger(__name__)


class Told(msgspec.Struct, frozen=True):
    """What a change of a condition has to say about the alarm."""

    rule: Rule
    cause: Cause
    verdict: Verdict
    why: str
    began_at: datetime
    reason: Bilingual
    value: float | None = None
    still: bytes | None = None
    fresh: bool = False


class Engine:
    """The rules at work. It writes through the connection it is given and remembers in ``states`` alone."""

    def __init__(
        self,
        rules: RuleSet,
        states: ConditionStates,
        announcer: Announcer,
        joined: Mapping[str, LeftInSchoolHours],
        schedules: Schedules,
        absences: Absences,
    ) -> None:
        self._schedules = schedules
        self._absences = absences
        self._combiner = Combiner(rules.rules, states)
        self._rules = {rule.id: rule for rule in rules.rules}
        self._timings = {rule.id: timing_of(rule) for rule in rules.rules}
        self._states = states
        self._announcer = announcer
        self._joined = joined
        self.counts: Counter[str] = Counter()

    def take(self, conn: sa.Connection, signal: Signal, now: datetime) -> None:
        """Take one signal to its condition and, when that changes, to the alarm."""
        rule, cause = signal.rule, signal.cause
        key = (cause.school, rule.id, cause.subject)
        held = self._states.get(key)
        old = held.condition if held else None
        trips, why = signal.tripped, signal.why
        if trips and not self._schedules.fits(conn, rule.when, cause.school, signal.at):
            trips, why = False, "off_schedule"
        verdict = tripped(old, signal.at, signal.value, self._timings[rule.id]) if trips else cleared(old, signal.at)
        if held is not None:
            cause = msgspec.structs.replace(held.cause, event_id=cause.event_id or held.cause.event_id)
        self._keep(key, cause, verdict)
        if verdict.change:
            began = verdict.condition.since if verdict.condition else signal.at
            why = verdict.why if trips else why
            reason = signal.reason or self._reason(rule, verdict, signal.at)
            told = Told(rule, cause, verdict, why, began, reason, signal.value, signal.still, signal.fresh)
            self._tell(conn, told, now)
            self._combine(conn, rule, cause, signal.at, now)

    def elapse(self, conn: sa.Connection, now: datetime, started: datetime) -> None:
        """Do what time alone does to the conditions that are due; the program runs since ``started``."""
        for key in self._states.due(conn, now):
            held = self._states.get(key)
            rule = self._rules.get(key[1])
            if held is None or rule is None:
                self._states.put(key, None)
                continue
            over = self._over(conn, rule, held.cause, now)
            condition = held.condition
            if isinstance(rule, AbsenceRule) and condition.phase == "pending":
                condition = self._absences.moved_on(key, held, rule, started)
            verdict = cleared(condition, now) if over else elapsed(condition, now, self._timings[rule.id])
            self._keep(key, held.cause, verdict)
            if verdict.change:
                reason = self._reason(rule, verdict, now)
                began, value = condition.since, condition.value
                self._tell(conn, Told(rule, held.cause, verdict, over or verdict.why, began, reason, value), now)
                self._combine(conn, rule, held.cause, now, now)

    def retire(self, conn: sa.Connection, now: datetime) -> None:
        """Return the alarms of rules that are no longer in force: nothing else ever would."""
        for key in list(self._states.not_normal()):
            held = self._states.get(key)
            if held is not None and key[1] not in self._rules:
                self._states.put(key, None)
                self._return(conn, held.cause, key[1], "rule_removed", now)
        for key in list(self._states.not_normal()):
            held, rule = self._states.get(key), self._rules.get(key[1])
            if held is not None and isinstance(rule, CombinationRule):
                signal = self._combiner.look(rule, held.cause, now)
                if signal is not None:
                    self.take(conn, signal, now)

    def _combine(self, conn: sa.Connection, rule: Rule, cause: Cause, at: datetime, now: datetime) -> None:
        if self._combiner.joins(rule.id):
            for signal in self._combiner.signals(rule.id, cause, at):
                self.take(conn, signal, now)

    def _over(self, conn: sa.Connection, rule: Rule, cause: Cause, now: datetime) -> str | None:
        if not self._schedules.fits(conn, rule.when, cause.school, now):
            return "off_schedule"
        joined = self._joined.get(rule.id)
        return joined.over(conn, cause, now) if joined else None

    def _keep(self, key: Key, cause: Cause, verdict: Verdict) -> None:
        self._states.put(key, Held(cause, verdict.condition) if verdict.condition else None)

    def _reason(self, rule: Rule, verdict: Verdict, at: datetime) -> Bilingual:
        condition = verdict.condition
        if isinstance(rule, ThresholdRule) and condition is not None and condition.value is not None:
            return over_limit(rule, condition.value, at - condition.since)
        if isinstance(rule, AbsenceRule) and condition is not None:
            return absent(rule, condition.last, at)
        return LEFT if rule.id in self._joined else WHY[verdict.why]

    def _tell(self, conn: sa.Connection, told: Told, now: datetime) -> None:
        change = told.verdict.change
        if not told.rule.alarm:
            return
        if change == "returned":
            self._return(conn, told.cause, told.rule.id, told.why, now)
            return
        if change == "repeated" and not told.fresh:
            return
        alarm_id = journal.find_open(conn, told.cause, told.rule.id)
        if change == "repeated" and alarm_id is not None:
            journal.repeat(conn, alarm_id, now)
        else:
            alarm_id = self._raise(conn, told, now)
        if told.still is not None:
            journal.add_still(conn, alarm_id, told.cause.device, told.still, now)
        self.counts[str(change)] += 1

    def _raise(self, conn: sa.Connection, told: Told, now: datetime) -> str:
        new = self._announcer.describe(conn, told.rule, told.cause, told.value, told.reason, told.began_at)
        alarm_id = journal.raise_alarm(conn, new, told.why, now)
        if not mutes.muted_on_raise(conn, told.rule, told.cause, alarm_id, now):
            flapping.notice(conn, told.rule.id, told.cause, alarm_id, now)
        log.info("alarm raised: rule %s, subject %s, why %s", told.rule.id, told.cause.subject, told.why)
        return alarm_id

    def _return(self, conn: sa.Connection, cause: Cause, rule_id: str, why: str, now: datetime) -> None:
        alarm_id = journal.find_open(conn, cause, rule_id)
        if alarm_id is not None:  # a person may have closed it while the condition still held
            journal.take(conn, alarm_id, "return", why, journal.MACHINE, now)
            self.counts["returned"] += 1
