"""What should come regularly and does not: remembers when it was last heard, and waits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from alerts.conditions.condition import Condition
from alerts.conditions.schedules import Schedules
from alerts.conditions.signal import Cause, moment_of, of_device
from alerts.conditions.states import ConditionStates, Held, Key
from alerts.rules.reading_rules import AbsenceRule
from campus.clock import from_ms, to_ms
from campus.envelope import Envelope
from campus.events import Event, Readings


class Absences:
    """Waits for what the absence rules want. A wait is a pending condition whose timer is moved only when it rings."""

    def __init__(
        self,
        rules: Sequence[AbsenceRule],
        states: ConditionStates,
        schedules: Schedules,
        owns: Callable[[str], bool],
    ) -> None:
        self._owns = owns
        self._rules = rules
        self._states = states
        self._schedules = schedules
        self._heard: dict[Key, datetime] = {}
        self._returned: list[tuple[AbsenceRule, Cause, datetime]] = []

    def measured(
        self, conn: sa.Connection, rule: AbsenceRule, envelope: Envelope, readings: Readings, now: datetime
    ) -> None:
        """A message of readings came from a device ``rule`` may wait for."""
        stamps = [one.ts for one in readings.items if rule.metric in one.values and not one.late]
        if stamps and not envelope.late:
            at = envelope.received if envelope.clock_suspect else from_ms(min(max(stamps), to_ms(envelope.received)))
            self._came(conn, rule, envelope, at, now)

    def happened(self, conn: sa.Connection, envelope: Envelope, event: Event, now: datetime) -> None:
        """An event came."""
        for rule in self._rules:
            if rule.event == event.type and (not rule.devices or envelope.source.kind in rule.devices):
                self._came(conn, rule, envelope, moment_of(envelope), now)

    def back(self) -> list[tuple[AbsenceRule, Cause, datetime]]:
        """What came again since the last call, after an alarm."""
        found, self._returned = self._returned, []
        return found

    def moved_on(self, key: Key, held: Held, rule: AbsenceRule, started: datetime) -> Condition:
        """The wait under ``key`` with the moment it was really last heard, or the start of the program."""
        last = max(self._heard.get(key, held.condition.last), held.condition.last, started)
        return msgspec.structs.replace(held.condition, since=last, last=last, due=last + timedelta(seconds=rule.for_s))

    def expect(self, conn: sa.Connection, now: datetime) -> None:
        """Begin to wait for the things that rules name, as soon as the schedule of the rule opens."""
        for rule in self._rules:
            for school in self._schedules.calendar.schools(conn) if rule.things else ():
                if self._owns(school) and self._schedules.fits(conn, rule.when, school, now):
                    for thing in rule.things:
                        if self._states.get((school, rule.id, thing)) is None:
                            self._wait(rule, Cause(school=school, subject=thing, device=thing), now)

    def _came(self, conn: sa.Connection, rule: AbsenceRule, envelope: Envelope, at: datetime, now: datetime) -> None:
        source = envelope.source
        if (rule.things and source.device not in rule.things) or not rule.covers(source.place):
            return
        key = (source.school, rule.id, source.device)
        if at < self._heard.get(key, at):  # the same message may come again after a failed transaction
            return
        held = self._states.get(key)
        if held is not None and held.condition.phase == "active":
            self._returned.append((rule, held.cause, at))
            return
        self._heard[key] = at
        if held is None and self._schedules.fits(conn, rule.when, source.school, now):
            self._wait(rule, of_device(envelope), at)

    def _wait(self, rule: AbsenceRule, cause: Cause, at: datetime) -> None:
        due = at + timedelta(seconds=rule.for_s)
        condition = Condition(phase="pending", since=at, last=at, due=due)
        self._states.put((cause.school, rule.id, cause.subject), Held(cause, condition))
