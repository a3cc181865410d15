"""Takes measured values to the rules that want them: the hot path of the alerts."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

import sqlalchemy as sa

from alerts.conditions.absences import Absences
from alerts.conditions.engine import Engine
from alerts.conditions.listeners import Listeners, Measured
from alerts.conditions.memory import Memory
from alerts.conditions.signal import Signal, of_device
from alerts.conditions.states import ConditionStates, Held, Key
from alerts.counters import HISTORY
from alerts.life.words import changed, changed_fast
from alerts.rules.reading_rules import ChangeRule, RateRule, ThresholdRule
from campus.clock import from_ms, to_ms
from campus.envelope import Envelope
from campus.events import Readings

# A reading that is older than this on arrival is history: it is charted, and decides no live alarm.
HISTORY_AFTER = timedelta(minutes=10)
# A window keeps at most so many values: faster devices are judged by the newest ones.
WINDOW_LONGEST = 512
Window = deque[tuple[float, float]]


class ReadingWatch:
    """Judges readings. A value no rule wants, or one no rule minds, costs a look-up and makes no object."""

    def __init__(
        self, listeners: Listeners, engine: Engine, states: ConditionStates, memory: Memory, absences: Absences
    ) -> None:
        self._listeners = listeners
        self._engine = engine
        self._states = states
        self._memory = memory
        self._absences = absences
        self._windows: dict[Key, Window] = {}

    def take(self, conn: sa.Connection, envelope: Envelope, readings: Readings, now: datetime) -> None:
        """Judge the readings of one message, in sending order."""
        source = envelope.source
        wanted = self._listeners.metrics(source.kind)
        for absence in self._listeners.absences_of(source.kind):
            if absence.metric is not None:
                self._absences.measured(conn, absence, envelope, readings, now)
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
                    continue
                for rule in metric.rules:
                    self._judge(conn, envelope, reading.ts, rule, float(value), now)
                troubled = self._states.about((source.school, source.device))

    def _judge(
        self, conn: sa.Connection, envelope: Envelope, ts: int, rule: Measured, value: float, now: datetime
    ) -> None:
        source = envelope.source
        key = (source.school, rule.id, source.device)
        held = self._states.get(key)
        if held is None and isinstance(rule, ThresholdRule) and not rule.beyond(value):
            return
        if held is None and not rule.covers(source.place):
            return
        at = _moment(envelope, ts)
        if at is None:
            HISTORY.inc()
            return
        match rule:
            case ThresholdRule():
                signal = _limit(rule, envelope, at, value, held)
            case RateRule():
                signal = self._rate(rule, key, envelope, at, value, held)
            case ChangeRule():
                signal = self._change(rule, key, envelope, at, value, held)
        if signal is not None:
            self._engine.take(conn, signal, now)

    def _rate(
        self, rule: RateRule, key: Key, envelope: Envelope, at: datetime, value: float, held: Held | None
    ) -> Signal | None:
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = deque(maxlen=WINDOW_LONGEST)
        moment = at.timestamp()
        while window and window[0][0] < moment - rule.within_s:
            window.popleft()
        if not window or window[-1][0] < moment:  # the same message may come again after a failed transaction
            window.append((moment, value))
        values = [one for when, one in window if when <= moment]
        change = value - min(values, default=value) if rule.rises is not None else max(values, default=value) - value
        tripped = rule.judge(change, active=held is not None)
        if tripped is None or (held is None and not tripped):
            return None
        reason = changed_fast(rule, change)
        return Signal(rule=rule, cause=of_device(envelope), tripped=tripped, at=at, reason=reason, value=value)

    def _change(
        self, rule: ChangeRule, key: Key, envelope: Envelope, at: datetime, value: float, held: Held | None
    ) -> Signal | None:
        known = self._memory.get(key)
        if known != (value,):
            self._memory.put(key, (value,))
        if not known:
            return None
        cause, old = of_device(envelope), known[0]
        if old == value:
            if held is None or rule.to != value:
                return None
            return Signal(rule=rule, cause=cause, tripped=True, at=at, value=value)
        if rule.to is not None and rule.to != value:
            return Signal(rule=rule, cause=cause, tripped=False, at=at, value=value)
        if rule.before is not None and rule.before != old:
            return None
        reason = changed(rule, old, value)
        return Signal(rule=rule, cause=cause, tripped=True, at=at, reason=reason, value=value, fresh=True)


def _limit(rule: ThresholdRule, envelope: Envelope, at: datetime, value: float, held: Held | None) -> Signal | None:
    tripped = rule.judge(value, active=held is not None and held.condition.phase == "active")
    if tripped is None:
        return None
    return Signal(rule=rule, cause=of_device(envelope), tripped=tripped, at=at, value=value)


def _moment(envelope: Envelope, ts: int) -> datetime | None:
    """When a value was measured by the platform's reckoning; None when that is history."""
    if envelope.clock_suspect:
        return envelope.received
    at = from_ms(min(ts, to_ms(envelope.received)))
    return None if envelope.received - at > HISTORY_AFTER else at
