"""The alerts' part in the pipeline: readings, events and facts to signals, signals to alarms."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from alerts.conditions.absences import Absences
from alerts.conditions.engine import Engine
from alerts.conditions.listeners import Listeners
from alerts.conditions.memory import Memory
from alerts.conditions.readings import ReadingWatch
from alerts.conditions.schedules import Schedules
from alerts.conditions.signal import Signal, counted, from_event, from_silence, moment_of
from alerts.conditions.states import ConditionStates
from alerts.counters import RELOADS, STEPS
from alerts.joined.lab_sessions import LabSessions
from alerts.joined.left_in_school_hours import LeftInSchoolHours
from alerts.joined.looks import Looks
from alerts.joined.passes import CardWatch
from alerts.life import journal
from alerts.life.announce import Announcer
from alerts.life.words import too_often
from alerts.ports import Calendar, IdsAsNames, Names, NoRegister, Register, RollBook, WeekdaysOnly
from alerts.review import history
from alerts.rules.event_rules import CountRule, EventRule
from alerts.rules.rulefile import RuleSet
from alerts.rules.rulesource import RuleSource, digest
from alerts.rules.yaml_document import RuleFileError
from alerts.tables import rule_loads
from campus.envelope import Envelope
from campus.events import CameraStill, Event, LabSeatLeft, LabSeatTaken, Readings
from campus.facts import DeviceReturned, DeviceSilent, StudentPassed

log = logging.getLogger(__name__)
# After a start the broker hands over what waited; until then a timer does not know what those messages say.
GRACE = timedelta(seconds=30)


def _every_school(school: str) -> bool:  # noqa: ARG001
    return True


class AlertStage:
    """Implements `campus.stage.Stage` for the alerts.

    ``rules`` are the rules in force, or where they come from: a `RuleSource` is looked at again at every tick. ``owns``
    tells which schools this program serves, when several share the work. ``names`` gives the words for the titles;
    without it the ids stand there. ``calendar`` answers for schedules; without it Monday to Friday are school
    days. ``register`` answers for the rules that join the roll; without it they are silent.
    """

    name = "alerts"

    def __init__(
        self,
        rules: RuleSet | RuleSource,
        roll_book: RollBook,
        names: Names | None = None,
        *,
        calendar: Calendar | None = None,
        register: Register | None = None,
        owns: Callable[[str], bool] = _every_school,
        grace: timedelta = GRACE,
    ) -> None:
        self._source = rules if isinstance(rules, RuleSource) else None
        self._roll_book = roll_book
        self._register = register or NoRegister()
        self._schedules = Schedules(calendar or WeekdaysOnly(ZoneInfo("UTC")))
        self._announcer = Announcer(names or IdsAsNames(), roll_book, self._schedules)
        self._states = ConditionStates(owns)
        self._memory = Memory(owns)
        self._owns = owns
        self._grace = grace
        self._started: datetime | None = None
        self._retiring = False
        self._loads: list[dict[str, object]] = []
        self._use(rules.rules if isinstance(rules, RuleSource) else rules)

    def handle(self, conn: sa.Connection, batch: Sequence[Envelope], now: datetime) -> Sequence[Envelope]:
        """Take a batch in order of arrival; alerts conclude no facts for others."""
        self._begin(conn, now)
        told: list[Envelope] = []
        for envelope in batch:
            body = envelope.body
            if isinstance(body, Readings):
                self._readings.take(conn, envelope, body, now)
                self._looks.measured(envelope, body)
            else:
                told.append(envelope)
                self._hear(conn, envelope, now)
        for absence, cause, at in self._absences.back():
            self._take(conn, Signal(rule=absence, cause=cause, tripped=False, at=at), now)
        history.record(conn, told)
        self._flush(conn, now)
        return ()

    def _hear(self, conn: sa.Connection, envelope: Envelope, now: datetime) -> None:
        body = envelope.body
        if isinstance(body, Event):
            if isinstance(body, CameraStill) and body.still:
                journal.add_asked_still(conn, envelope.school, envelope.source.device, body.still, envelope.at)
            self._absences.happened(conn, envelope, body, now)
            for rule in self._listeners.event(type(body)):
                self._take(conn, self._heard(rule, envelope, body), now)
            if isinstance(body, LabSeatTaken | LabSeatLeft):
                self._take_all(conn, self._labs.heard(conn, envelope, body, now), now)
            self._looks.flow.read(envelope)
            self._looks.patrols.heard(envelope, body)
        elif isinstance(body, DeviceSilent | DeviceReturned):
            for silence in self._listeners.silence:
                self._take(conn, from_silence(silence, envelope, body), now)
        elif isinstance(body, StudentPassed):
            for joined in self._joined.values():
                self._take(conn, joined.heard(conn, envelope, body, now), now)
            self._take_all(conn, self._cards.heard(envelope, body), now)

    def tick(self, conn: sa.Connection, now: datetime) -> Sequence[Envelope]:
        """Take up changed rules; raise what held long enough, return what was quiet long enough."""
        self._reload()
        started = self._begin(conn, now)
        if now - started >= self._grace:
            self._absences.expect(conn, now)
            if self._looks.rules:
                schools = [one for one in self._schedules.calendar.schools(conn) if self._owns(one)]
                self._take_all(conn, self._looks.signals(conn, schools, now), now)
            self._engine.elapse(conn, now, started)
        self._flush(conn, now)
        return ()

    def committed(self) -> None:
        """What was concluded is durable."""
        self._states.committed()
        self._memory.committed()
        self._loads.clear()
        self._retiring = False
        for change, count in self._engine.counts.items():
            STEPS.labels(change).inc(count)
        self._engine.counts.clear()

    def rolled_back(self) -> None:
        """What was concluded did not happen; the same messages come again."""
        self._states.rolled_back()
        self._memory.rolled_back()
        self._engine.counts.clear()

    def _use(self, rules: RuleSet) -> None:
        self._listeners = Listeners(rules)
        self._joined = {rule.id: LeftInSchoolHours(rule, self._roll_book) for rule in self._listeners.passes}
        self._looks = Looks(
            rules.rules, self._register, self._roll_book, self._states, self._memory, self._schedules.calendar
        )
        self._cards = CardWatch(self._listeners.cards, self._memory)
        self._labs = LabSessions(self._listeners.labs, self._roll_book)
        self._absences = Absences(self._listeners.absences, self._states, self._schedules, self._owns)
        self._engine = Engine(rules, self._states, self._announcer, self._joined, self._schedules, self._absences)
        self._readings = ReadingWatch(self._listeners, self._engine, self._states, self._memory, self._absences)
        self._retiring = True
        self._note(rules, "")

    def _reload(self) -> None:
        found = self._source.poll() if self._source else None
        if isinstance(found, RuleFileError):
            log.error("the rules stay as they are: %s", found)
            RELOADS.labels("refused").inc()
            self._note(None, str(found))
        elif found is not None:
            log.info("%d rules taken up from %s", len(found.rules), self._source and self._source.name)
            RELOADS.labels("taken").inc()
            self._use(found)

    def _note(self, rules: RuleSet | None, error: str) -> None:
        name = self._source.name if self._source else "given"
        made = {"digest": digest(rules), "rules": len(rules.rules)} if rules else {"digest": "", "rules": 0}
        self._loads.append({"source": name[:300], "error": error[:500], **made})

    def _begin(self, conn: sa.Connection, now: datetime) -> datetime:
        if self._states.load(conn):
            self._memory.load(conn)
            self._retiring = True
        if self._retiring:
            self._engine.retire(conn, now)
        if self._started is None:
            self._started = now
        return self._started

    def _flush(self, conn: sa.Connection, now: datetime) -> None:
        self._states.flush(conn)
        self._memory.flush(conn)
        for row in self._loads:
            conn.execute(rule_loads.insert().values(at=now, **row))

    def _take(self, conn: sa.Connection, signal: Signal | None, now: datetime) -> None:
        if signal is not None:
            self._engine.take(conn, signal, now)

    def _take_all(self, conn: sa.Connection, signals: Iterable[Signal], now: datetime) -> None:
        for signal in signals:
            self._engine.take(conn, signal, now)

    def _heard(self, rule: EventRule | CountRule, envelope: Envelope, event: Event) -> Signal | None:
        if isinstance(rule, EventRule):
            return from_event(rule, envelope, event)
        cause = counted(rule, envelope, event)
        if cause is None:
            return None
        key, at = (cause.school, rule.id, cause.subject), moment_of(envelope)
        newest = max((at.timestamp(), *self._memory.get(key)))
        window = sorted(one for one in (*self._memory.get(key), at.timestamp()) if one > newest - rule.within_s)
        self._memory.put(key, tuple(window[-2 * rule.times :]))
        if len(window) < rule.times:
            return None
        reason = too_often(rule, len(window))
        return Signal(rule=rule, cause=cause, tripped=True, at=at, reason=reason, fresh=True)
