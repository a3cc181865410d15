"""The life cycle as a table and as a state machine: no transition without a row, no state without a way out."""

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from alerts.conditions.signal import Cause
from alerts.life import actions, flapping, journal, mutes, queries
from alerts.life.lifecycle import OPEN_STATES, TABLE, Action, Outcome, Refusal, State, Transition, step
from alerts.rules.rule import Bilingual
from alerts.rules.rulefile import load_rules
from alerts.tables import alarm_steps, alarms
from campus import changes, db
from campus.errors import Conflict
from tests.conftest import unhurried

ACTIONS: tuple[Action, ...] = get_args(Action)
STATES: tuple[State, ...] = get_args(State)


def test_every_open_state_can_be_left_by_a_person() -> None:
    for state in OPEN_STATES:
        assert step(state, "resolve", active=True) == Transition(state, "closed", True)


def test_every_open_state_ends_without_a_person_too_or_waits_for_one_on_purpose() -> None:
    """What only a person may end is what nobody has seen yet."""
    for state in OPEN_STATES:
        ended = step(state, "return", active=True)
        assert isinstance(ended, Transition)
        back = [step(state, action, active=False) for action in ("unshelve", "unsuppress", "put_back")]
        closes = ended.new == "closed" or any(isinstance(one, Transition) and one.new == "closed" for one in back)
        assert closes or state in ("unacknowledged", "returned_unacknowledged")


def test_every_state_is_reached_and_every_step_is_decided() -> None:
    assert set(TABLE.values()) | {"normal"} == set(STATES)
    for state in STATES:
        for action in ACTIONS:
            assert isinstance(step(state, action, active=True), Transition | Refusal)


@pytest.mark.parametrize(
    ("state", "action", "reason"),
    [
        ("acknowledged", "acknowledge", "acknowledged already"),
        ("shelved", "acknowledge", "off the shelf first"),
        ("closed", "acknowledge", "is closed"),
        ("suppressed", "acknowledge", "nobody is asked"),
        ("out_of_service", "acknowledge", "put it back first"),
        ("unacknowledged", "put_back", "is not out of service"),
        ("closed", "assign", "is closed"),
        ("closed", "raise", "is closed"),
        ("unacknowledged", "unshelve", "is not shelved"),
        ("normal", "resolve", "cannot resolve"),
    ],
)
def test_a_refused_step_says_why(state: State, action: Action, reason: str) -> None:
    refused = step(state, action, active=True)
    assert isinstance(refused, Refusal)
    assert reason in refused.reason


START = datetime(2026, 9, 7, 1, 0, tzinfo=UTC)
SMOKE = load_rules().get("smoke")
TEXT = Bilingual(zh="烟", en="Smoke")


class Life(RuleBasedStateMachine):
    """Everything the engine and people do to the alarms of one detector, in any order."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.engine = unhurried(Path(self.folder.name) / "campus.db")
        db.metadata.create_all(self.engine, [alarms, alarm_steps, *self.others()])
        self.now = START
        self.steps = 0
        self.marks = 0
        self.cause = Cause(school="school-1", subject="smoke-1", device="smoke-1", device_kind="sensor")

    @staticmethod
    def others() -> list[sa.Table]:
        return [db.metadata.tables[name] for name in ("rule_versions", "changes", "evidence", "mutes", "alarm_timers")]

    def do(self, act: Callable[[sa.Connection], object], expected_steps: int = 1) -> bool:
        """Do it; a refused step must leave nothing behind."""
        self.now += timedelta(seconds=7)
        try:
            with db.write(self.engine) as conn:
                act(conn)
        except Conflict:
            return False
        self.steps += expected_steps
        self.marks += 1
        return True

    def one(self) -> str | None:
        with db.read(self.engine) as conn:
            return journal.find_open(conn, self.cause, "smoke")

    def newest(self) -> str | None:
        with db.read(self.engine) as conn:
            rows = queries.recent(conn, "school-1", 1)
        return rows[0].id if rows else None

    @rule()
    def the_condition_is_raised(self) -> None:
        assert SMOKE is not None
        new = journal.NewAlarm(
            rule=SMOKE, cause=self.cause, severity="critical", title=TEXT, reason=TEXT, began_at=self.now
        )
        with db.write(self.engine) as conn:  # as the engine does
            self.now += timedelta(seconds=7)
            before = self.rows(conn)
            alarm_id = journal.raise_alarm(conn, new, "tripped", self.now)
            if not mutes.muted_on_raise(conn, SMOKE, self.cause, alarm_id, self.now):
                flapping.notice(conn, SMOKE.id, self.cause, alarm_id, self.now)
            self.count(conn, before)

    @rule()
    def the_condition_returns(self) -> None:
        if alarm_id := self.one():
            assert self.do(lambda conn: journal.take(conn, alarm_id, "return", "cleared", "machine", self.now))

    @rule()
    def it_is_reported_again(self) -> None:
        if alarm_id := self.one():
            assert self.do(lambda conn: journal.repeat(conn, alarm_id, self.now), expected_steps=0)

    @rule()
    def someone_acknowledges(self) -> None:
        if alarm_id := self.newest():
            self.do(lambda conn: actions.acknowledge(conn, alarm_id, "guard-1", self.now))

    @rule(text=st.sampled_from(["", "on my way", "x" * 501]))
    def someone_comments(self, text: str) -> None:
        if alarm_id := self.newest():
            assert self.do(lambda conn: actions.comment(conn, alarm_id, text, "guard-1", self.now)) == (
                0 < len(text) <= 500
            )

    @rule(outcome=st.sampled_from(get_args(Outcome)))
    def someone_resolves(self, outcome: Outcome) -> None:
        if alarm_id := self.newest():
            assert self.do(lambda conn: actions.resolve(conn, alarm_id, outcome, "guard-1", self.now))
            assert self.one() is None

    @rule(minutes=st.integers(-1, 30))
    def someone_shelves(self, minutes: int) -> None:
        if alarm_id := self.newest():
            until = self.now + timedelta(minutes=minutes)
            self.do(lambda conn: actions.shelve(conn, alarm_id, until, "welding", "guard-1", self.now))

    @rule()
    def someone_unshelves(self) -> None:
        if alarm_id := self.newest():
            self.do(lambda conn: actions.unshelve(conn, alarm_id, "guard-1", self.now))

    @rule(to=st.sampled_from(["guard-1", "guard-2"]))
    def someone_assigns(self, to: str) -> None:
        if alarm_id := self.newest():
            self.do(lambda conn: actions.assign(conn, alarm_id, to, "head", self.now))

    @rule()
    def a_shift_ends(self) -> None:
        with db.read(self.engine) as conn:
            mine = [row for row in queries.recent(conn, "school-1", 500) if row.assigned_to == "guard-1"]
        given = sum(row.state != "closed" for row in mine)
        self.marks += given - 1
        assert self.do(
            lambda conn: actions.hand_over(conn, "school-1", "guard-1", "guard-2", "guard-1", self.now),
            expected_steps=given,
        )

    @rule(minutes=st.integers(1, 60) | st.none(), rule_=st.sampled_from([None, "smoke", "gas"]))
    def someone_mutes(self, minutes: int | None, rule_: str | None) -> None:
        kind: mutes.Kind = "out_of_service" if minutes is None else "maintenance"
        until = None if minutes is None else self.now + timedelta(minutes=minutes)
        with db.write(self.engine) as conn:
            before = self.rows(conn)
            mutes.begin(
                conn, "school-1", kind, "welding", "facility", self.now, device="smoke-1", rule=rule_, until=until
            )
            self.count(conn, before)

    @rule()
    def someone_ends_a_mute(self) -> None:
        with db.write(self.engine) as conn:
            before = self.rows(conn)
            for mute in mutes.in_force(conn, "school-1", self.now)[:1]:
                mutes.end(conn, "school-1", mute.id, "facility", self.now)
            self.count(conn, before)

    def rows(self, conn: sa.Connection) -> int:
        return int(conn.execute(sa.select(sa.func.count()).select_from(alarm_steps)).scalar_one())

    def count(self, conn: sa.Connection, before: int) -> None:
        written = self.rows(conn) - before
        self.steps += written
        self.marks += written

    @rule(minutes=st.integers(1, 40))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        with db.write(self.engine) as conn:
            before = self.rows(conn)
            actions.keep_up(conn, self.now)
            self.count(conn, before)

    @invariant()
    def every_transition_is_a_row_and_the_rows_tell_the_state(self) -> None:
        if not hasattr(self, "engine"):
            return
        with db.read(self.engine) as conn:
            rows = conn.execute(sa.select(alarm_steps).order_by(alarm_steps.c.id)).all()
            states = {row.id: row for row in conn.execute(sa.select(alarms)).all()}
            assert len(rows) == self.steps
            assert changes.last_id(conn) == self.marks
        told: dict[str, str] = {}
        for row in rows:
            assert told.get(row.alarm, "normal") == row.old, "a row begins where the one before ended"
            told[row.alarm] = row.new
        assert told == {alarm_id: row.state for alarm_id, row in states.items()}
        still_open = [row for row in states.values() if row.state != "closed"]
        assert len(still_open) <= 1
        for row in states.values():
            assert (row.state == "closed") == (row.closed_at is not None)
            assert (row.state == "shelved") == (row.shelved_until is not None)
            assert (row.state in ("suppressed", "out_of_service")) == (row.muted_by is not None)

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            self.engine.dispose()
            self.folder.cleanup()


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=25, stateful_step_count=30, suppress_health_check=list(HealthCheck))


def the_state_of(life: Life) -> str:
    with db.read(life.engine) as conn:
        return queries.recent(conn, "school-1", 1)[0].state


def test_what_is_raised_again_during_maintenance_stays_set_aside() -> None:
    life = Life()
    life.begin()
    life.someone_mutes(minutes=30, rule_=None)
    life.the_condition_is_raised()
    life.the_condition_is_raised()
    assert the_state_of(life) == "suppressed"
    life.teardown()


def test_what_is_raised_again_on_the_shelf_during_maintenance_stays_on_the_shelf() -> None:
    life = Life()
    life.begin()
    life.the_condition_is_raised()
    life.someone_shelves(minutes=30)
    life.someone_mutes(minutes=60, rule_=None)
    life.the_condition_is_raised()
    assert the_state_of(life) == "shelved"
    life.teardown()
