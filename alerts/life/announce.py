"""Puts an alarm into words: its title with the names of place, device and class, and who should be there."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from alerts.conditions.schedules import Schedules
from alerts.conditions.signal import Cause
from alerts.life.journal import NewAlarm
from alerts.ports import Names, RollBook
from alerts.rules.kinds import Rule, severity_for
from alerts.rules.reading_rules import RateRule, ThresholdRule
from alerts.rules.rule import Bilingual, Severity


class Announcer:
    """Makes the `NewAlarm` of a condition that was raised."""

    def __init__(self, names: Names, roll_book: RollBook, schedules: Schedules) -> None:
        self._schedules = schedules
        self._names = names
        self._roll_book = roll_book

    def describe(
        self, conn: sa.Connection, rule: Rule, cause: Cause, value: float | None, reason: Bilingual, began_at: datetime
    ) -> NewAlarm:
        """The alarm that ``rule`` raises about ``cause``; ``value`` is in the rule's unit."""
        expected = None
        if cause.place is not None and cause.class_id is None:
            expected = self._roll_book.expected_in(conn, cause.school, cause.place, began_at)
        return NewAlarm(
            rule=rule,
            cause=cause,
            severity=self._severity(conn, rule, cause, 0 if expected is None else expected.students, began_at),
            title=rule.title.filled(self._words(conn, rule, cause, value)),
            reason=reason,
            began_at=began_at,
            expected_students=None if expected is None else expected.students,
            expected_classes=() if expected is None else tuple(expected.classes),
        )

    def _severity(self, conn: sa.Connection, rule: Rule, cause: Cause, expected: int, at: datetime) -> Severity:
        """The severity of the first context that fits, or the rule's own."""
        for context in rule.contexts:
            crowd = context.expected_at_least is None or expected >= context.expected_at_least
            if crowd and self._schedules.fits(conn, context.when, cause.school, at):
                return context.severity
        return severity_for(rule, cause.device_kind)

    def _words(self, conn: sa.Connection, rule: Rule, cause: Cause, value: float | None) -> dict[str, Bilingual]:
        """The words of a title. A student is never one of them."""
        words: dict[str, Bilingual] = {}
        named = {
            "place": (cause.place, self._names.place_name),
            "device": (cause.device, self._names.device_name),
            "class": (cause.class_id, self._names.class_name),
        }
        for word, (thing, name_of) in named.items():
            if thing:
                words[word] = name_of(conn, cause.school, thing) or Bilingual(zh=thing, en=thing)
        if "place" not in words and "device" in words:
            words["place"] = words["device"]
        limit = words_of_limit(rule)
        if limit and value is not None:
            words["value"] = _same(f"{value:.6g}")
        return words | limit


def words_of_limit(rule: Rule) -> dict[str, Bilingual]:
    """The words of a title that a rule about values knows by itself."""
    if not isinstance(rule, ThresholdRule | RateRule):
        return {}
    return {"limit": _same(f"{rule.limit:g}"), "unit": _same(rule.unit or "—")}


def _same(text: str) -> Bilingual:
    return Bilingual(zh=text, en=text)
