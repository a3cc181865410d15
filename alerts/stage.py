"""The alerts' part in the pipeline: readings, events and facts to signals, signals to alarms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from alerts.announce import Announcer
from alerts.counters import HISTORY, STEPS
from alerts.engine import Engine
from alerts.joined.left_in_school_hours import LeftInSchoolHours
from alerts.listeners import Listeners
from alerts.ports import IdsAsNames, Names, RollBook
from alerts.rule import ThresholdRule
from alerts.rulefile import RuleSet
from alerts.signal import Signal, from_event, from_silence, of_device
from alerts.states import ConditionStates
from campus.clock import from_ms, to_ms
from campus.envelope import Envelope
from campus.events import Event, Readings
from campus.facts import DeviceReturned, DeviceSilent, StudentPassed

# After a start the broker hands over what waited; until then a timer does not know what those messages say.
GRACE = timedelta(seconds=30)
# A reading that is older than this on arrival is history: it is charted, and decides no live alarm.
HISTORY_AFTER = timedelta(minutes=10)


def _every_school(school: str) -> bool:  # noqa: ARG001
    return True


class AlertStage:
    """Implements `campus.stage.Stage` for the alerts.

    ``owns`` tells which schools this program serves, when several share the work. ``names`` gives the words for the
    titles; without it the ids stand there.
    """

    name = "alerts"

    def __init__(
        self,
        rules: RuleSet,
        roll_book: RollBook,
        names: Names | None = None,
        *,
        owns: Callable[[str], bool] = _every_school,
        grace: timedelta = GRACE,
    ) -> None:
        self._listeners = Listeners(rules)
        self._joined = {rule.id: LeftInSchoolHours(rule, roll_book) for rule in self._listeners.passes}
        self._states = ConditionStates(owns)
        self._engine = Engine(rules, self._states, Announcer(names or IdsAsNames(), roll_book), self._joined)
        self._grace = grace
        self._started: datetime | None = None

    def handle(self, conn: sa.Connection, batch: Sequence[Envelope], now: datetime) -> Sequence[Envelope]:
        """Take a batch in order of arrival; alerts conclude no facts for others."""
        self._begin(conn, now)
        for envelope in batch:
            body = envelope.body
            if isinstance(body, Readings):
                self._readings(conn, envelope, body, now)
            elif isinstance(body, Event):
                for rule in self._listeners.event(type(body)):
                    self._take(conn, from_event(rule, envelope, body), now)
            elif isinstance(body, DeviceSilent | DeviceReturned):
                for silence in self._listeners.silence:
                    self._take(conn, from_silence(silence, envelope, body), now)
            elif isinstance(body, StudentPassed):
                for joined in self._joined.values():
                    self._take(conn, joined.heard(conn, envelope, body, now), now)
        self._states.flush(conn)
        return ()

    def tick(self, conn: sa.Connection, now: datetime) -> Sequence[Envelope]:
        """Raise what held long enough, return what was quiet long enough."""
        started = self._begin(conn, now)
        if now - started >= self._grace:
            self._engine.elapse(conn, now)
        self._states.flush(conn)
        return ()

    def committed(self) -> None:
        """What was concluded is durable."""
        self._states.committed()
        for change, count in self._engine.counts.items():
            STEPS.labels(change).inc(count)
        self._engine.counts.clear()

    def rolled_back(self) -> None:
        """What was concluded did not happen; the same messages come again."""
        self._states.rolled_back()
        self._engine.counts.clear()

    def _begin(self, conn: sa.Connection, now: datetime) -> datetime:
        if self._states.load(conn):
            self._engine.retire(conn, now)
        if self._started is None:
            self._started = now
        return self._started

    def _take(self, conn: sa.Connection, signal: Signal | None, now: datetime) -> None:
        if signal is not None:
            self._engine.take(conn, signal, now)

    def _readings(self, conn: sa.Connection, envelope: Envelope, readings: Readings, now: datetime) -> None:
        """The hot path: a value no rule wants, or one no rule minds, costs a look-up and makes no object."""
        source = envelope.source
        wanted = self._listeners.metrics(source.kind)
        if not wanted:
            return
        unheard = wanted.keys().isdisjoint
        troubled = self._states.about((source.school, source.device))
        for reading in readings.items:
            values = reading.values
            if unheard(values):
                continue
            for name, value in values.items():
                metric = wanted.get(name)
                if metric is None or (not troubled and metric.low <= value <= metric.high):
                    continue  # by far the most readings end here
                if reading.late or envelope.late:
                    HISTORY.inc()
                else:
                    self._measured(conn, envelope, reading.ts, metric.rules, float(value), now)
                    troubled = self._states.about((source.school, source.device))

    def _measured(
        self,
        conn: sa.Connection,
        envelope: Envelope,
        ts: int,
        rules: Sequence[ThresholdRule],
        value: float,
        now: datetime,
    ) -> None:
        source = envelope.source
        for rule in rules:
            held = self._states.get((source.school, rule.id, source.device))
            if held is None and not (rule.beyond(value) and rule.covers(source.place)):
                continue
            tripped = rule.judge(value, active=held is not None and held.condition.phase == "active")
            at = _moment(envelope, ts)
            if at is None:
                HISTORY.inc()
            elif tripped is not None:
                signal = Signal(rule=rule, cause=of_device(envelope), tripped=tripped, at=at, value=value)
                self._engine.take(conn, signal, now)


def _moment(envelope: Envelope, ts: int) -> datetime | None:
    """When a value was measured by the platform's reckoning; None when that is history."""
    if envelope.clock_suspect:
        return envelope.received
    at = from_ms(min(ts, to_ms(envelope.received)))
    return None if envelope.received - at > HISTORY_AFTER else at
