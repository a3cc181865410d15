"""The stage in its transaction: roll-back, restart, evidence, words, removed rules, and what a reading costs."""

import time
from datetime import timedelta

import msgspec
import pytest
import sqlalchemy as sa

from alerts.conditions.states import ConditionStates
from alerts.life import actions, queries
from alerts.rules.rulefile import RuleSet, load_rules
from alerts.tables import alarm_steps, alarms, condition_states, evidence
from campus import changes, db
from campus.clock import to_ms
from campus.envelope import Envelope, Source
from campus.errors import Conflict, NotFound
from campus.events import CameraIntrusion, Reading, Readings, SensorAlarm
from campus.facts import StudentPassed
from tests.alerts.play import SCHOOL, Play, at

JPEG = b"\xff\xd8 a still with people blurred \xff\xd9"


def rows(play: Play, table: sa.Table) -> int:
    with db.read(play.engine) as conn:
        return int(conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def smoke(play: Play, active: bool = True) -> Envelope:
    return play.envelope("smoke-1", SensorAlarm(kind="smoke", active=active))


def test_a_failed_transaction_leaves_no_alarm_and_no_memory(play: Play) -> None:
    message = smoke(play)
    play.handle_and_fail(message)
    assert (rows(play, alarms), rows(play, alarm_steps), rows(play, condition_states)) == (0, 0, 0)
    play.handle(message)
    assert [(alarm.rule, alarm.times) for alarm in play.open()] == [("smoke", 1)]


def test_a_failed_return_keeps_the_alarm_until_the_same_message_comes_again(play: Play) -> None:
    play.handle(smoke(play))
    over = smoke(play, active=False)
    play.handle_and_fail(over)
    assert play.the("smoke", "smoke-1").state == "unacknowledged"
    play.handle(over)
    assert play.the("smoke", "smoke-1").state == "returned_unacknowledged"


def test_a_failed_first_batch_after_a_restart_loads_again(play: Play) -> None:
    play.handle(smoke(play))
    play.restart()
    over = smoke(play, active=False)
    play.handle_and_fail(over)
    play.handle(over)
    assert play.the("smoke", "smoke-1").state == "returned_unacknowledged"


def test_a_failed_tick_raises_at_the_next_one(play: Play) -> None:
    for _ in range(10):
        play.handle(play.reading("co2-101", co2=1600))
        play.clock.advance(timedelta(minutes=1))
    with pytest.raises(ConnectionError), db.write(play.engine) as conn:  # noqa: PT012
        play.stage.tick(conn, play.clock.now())
        raise ConnectionError
    play.stage.rolled_back()
    assert not play.open()
    play.tick()
    assert [alarm.rule for alarm in play.open()] == ["co2-high"]


def test_a_pass_out_that_failed_once_is_told_when_it_comes_again(play: Play) -> None:
    play.clock.move_to(at("10:00"))
    fact = StudentPassed(student="s-0001", class_id="c-g7-1", direction="out", gate="gate-1")
    message = play.envelope("gate-1", fact)
    play.handle_and_fail(message)
    play.handle(message)
    assert [alarm.subject for alarm in play.open()] == ["s-0001"]


def test_after_a_restart_nothing_is_raised_twice_and_nothing_is_lost(play: Play) -> None:
    for number in range(40):
        play.handle(play.envelope(f"smoke-{number}", SensorAlarm(kind="smoke", active=True)))
    before = rows(play, alarm_steps)
    play.restart()
    play.until(play.clock.now() + timedelta(minutes=2))
    assert rows(play, alarm_steps) == before
    assert len(play.open()) == 40
    for number in range(40):
        play.handle(play.envelope(f"smoke-{number}", SensorAlarm(kind="smoke", active=False)))
    assert {alarm.state for alarm in play.open()} == {"returned_unacknowledged"}


def test_a_still_is_kept_with_its_alarm(play: Play) -> None:
    play.handle(play.envelope("cam-1", CameraIntrusion(zone="yard", track=4, confidence=0.9, still=JPEG)))
    alarm = play.the("intrusion", "cam-1")
    with db.read(play.engine) as conn:
        assert queries.still(conn, SCHOOL, alarm.id) == JPEG
        assert queries.still(conn, "another-school", alarm.id) is None
        assert len(queries.alarm(conn, SCHOOL, alarm.id).evidence) == 1


def test_stills_of_one_alarm_are_bounded_and_its_reports_are_counted(play: Play) -> None:
    for number in range(30):
        event = CameraIntrusion(zone="yard", track=number, confidence=0.9, still=JPEG + bytes([number]))
        play.handle(play.envelope("cam-1", event))
    assert rows(play, evidence) == 20
    assert play.the("intrusion", "cam-1").times == 30


def test_a_failed_transaction_keeps_no_still(play: Play) -> None:
    play.handle_and_fail(play.envelope("cam-1", CameraIntrusion(zone="yard", track=4, confidence=0.9, still=JPEG)))
    assert rows(play, evidence) == 0


def test_an_alarm_says_where_why_and_who_should_be_there(play: Play) -> None:
    play.run("""
        10:00 co2-101 reads co2 1600 every 60 s until 10:09
        10:09:30 co2-101 reads co2 1812.5
        10:10:05 expect co2-high of co2-101 unacknowledged
    """)
    alarm = play.the("co2-high", "co2-101")
    assert alarm.title.zh == "一号教室 二氧化碳过高：1812.5 ppm"
    assert alarm.title.en == "CO2 too high in Room One: 1812.5 ppm"
    assert alarm.reason.en == "CO2 is 1812.5 ppm, above 1500 ppm for 10 min"
    assert alarm.reason.zh == "二氧化碳 1812.5 ppm，高于 1500 ppm，已持续 10 分钟"
    assert alarm.began_at == at("10:00")
    assert (alarm.expected_students, alarm.expected_classes) == (43, ("c-g7-1",))
    detail = play.detail(alarm.id)
    assert "open windows" in detail.runbook.en
    assert "新风" in detail.runbook.zh
    assert "GB 50099" in detail.source
    assert [(step.old, step.new) for step in detail.steps] == [("normal", "unacknowledged")]


def test_the_alarm_of_a_student_names_the_class_and_no_student(play: Play) -> None:
    play.run("10:00 s-0001 goes out at gate-1")
    alarm = play.the("left-in-school-hours", "s-0001")
    assert alarm.title.en == "Student left in school hours without leave (Grade 7 Class 1, Room One)"
    assert (alarm.class_id, alarm.device, alarm.expected_students) == ("c-g7-1", "gate-1", None)


def test_a_detail_tells_the_whole_story_in_both_languages(play: Play) -> None:
    play.run("""
        09:00 smoke-1 alarms smoke
        09:01 the guard acknowledges smoke of smoke-1
        09:05 smoke-1 clears smoke
        09:06 the guard resolves smoke of smoke-1 as drill
    """)
    detail = play.detail(play.the("smoke", "smoke-1").id)
    assert [(step.action, step.old, step.new, step.by) for step in detail.steps] == [
        ("raise", "normal", "unacknowledged", "machine"),
        ("acknowledge", "unacknowledged", "acknowledged", "guard-1"),
        ("return", "acknowledged", "closed", "machine"),
        ("resolve", "closed", "closed", "guard-1"),
    ]
    assert all(step.why.zh and step.why.en for step in detail.steps)
    assert (detail.alarm.outcome, detail.who) == ("drill", ("guard-1",))


def test_open_alarms_come_worst_first_and_the_unseen_before_the_seen(play: Play) -> None:
    play.run("""
        09:00 door-1 alarms door
        09:01 gate-1 falls silent
        09:02 smoke-1 alarms smoke
        09:03 smoke-2 alarms smoke
        09:04 the guard acknowledges smoke of smoke-2
    """)
    assert [alarm.subject for alarm in play.open()] == ["smoke-1", "smoke-2", "gate-1", "door-1"]
    with db.read(play.engine) as conn:
        assert queries.places_in_alarm(conn, SCHOOL) == {"room-1": "critical", "room-2": "critical"}
        newest = queries.recent(conn, SCHOOL, limit=2)
        assert [alarm.subject for alarm in newest] == ["smoke-2", "smoke-1"]
        older = queries.recent(conn, SCHOOL, limit=2, before=newest[-1].raised_at)
        assert [alarm.subject for alarm in older] == ["gate-1", "door-1"]


def test_an_alarm_of_another_school_is_not_found(play: Play) -> None:
    play.handle(smoke(play))
    with db.read(play.engine) as conn, pytest.raises(NotFound):
        queries.alarm(conn, "another-school", play.the("smoke", "smoke-1").id)


def test_acting_twice_or_on_nothing_is_refused_with_the_reason(play: Play) -> None:
    play.handle(smoke(play))
    alarm_id, now = play.the("smoke", "smoke-1").id, play.clock.now()
    with db.write(play.engine) as conn:
        actions.acknowledge(conn, alarm_id, "guard-1", now)
    with pytest.raises(Conflict, match="acknowledged already"), db.write(play.engine) as conn:
        actions.acknowledge(conn, alarm_id, "guard-2", now)
    with pytest.raises(NotFound), db.write(play.engine) as conn:
        actions.acknowledge(conn, "no-such-alarm", "guard-1", now)
    with pytest.raises(Conflict, match="a moment to come"), db.write(play.engine) as conn:
        actions.shelve(conn, alarm_id, now, "why not", "guard-1", now)
    assert play.the("smoke", "smoke-1").acknowledged_by == "guard-1"


def test_every_step_is_told_to_the_consoles(play: Play) -> None:
    play.run("""
        09:00 smoke-1 alarms smoke
        09:00 smoke-1 alarms smoke
        09:01 the guard acknowledges smoke of smoke-1
        09:02 smoke-1 clears smoke
    """)
    alarm_id = play.the("smoke", "smoke-1").id
    with db.read(play.engine) as conn:
        told = changes.since(conn, 0)
    assert [(change.topic, change.key, change.scope) for change in told] == [("alarm", alarm_id, "")] * 4


def test_a_rule_that_is_taken_away_returns_its_alarms(play: Play) -> None:
    play.handle(smoke(play))
    play.restart(RuleSet(tuple(rule for rule in load_rules().rules if rule.id != "smoke")))
    play.tick()
    alarm = play.the("smoke", "smoke-1")
    assert alarm.state == "returned_unacknowledged"
    assert play.detail(alarm.id).steps[-1].why.en == "the rule is no longer in force"
    assert rows(play, condition_states) == 0


def test_an_old_alarm_keeps_the_runbook_of_its_time(play: Play) -> None:
    play.handle(smoke(play))
    now = load_rules().get("smoke")
    assert now is not None
    changed = msgspec.structs.replace(now, runbook=msgspec.structs.replace(now.runbook, en="Run."))
    play.restart(RuleSet((changed,)))
    play.tick()
    assert play.detail(play.the("smoke", "smoke-1").id).runbook == now.runbook


def test_a_rule_may_be_for_some_places_only(play: Play) -> None:
    rule = load_rules().get("smoke")
    assert rule is not None
    play.restart(RuleSet((msgspec.structs.replace(rule, places=("kitchen",)),)))
    play.handle(smoke(play))
    assert not play.open()


def test_a_reading_with_a_suspect_clock_counts_at_its_arrival(play: Play) -> None:
    for _ in range(11):
        odd = play.reading("co2-101", when=play.clock.now() - timedelta(days=400), co2=1600)
        play.handle(msgspec.structs.replace(odd, clock_suspect=True))
        play.clock.advance(timedelta(minutes=1))
    assert [alarm.rule for alarm in play.open()] == ["co2-high"]


def test_readings_that_are_old_on_arrival_decide_nothing(play: Play) -> None:
    old = play.clock.now() - timedelta(minutes=30)
    readings = Readings(tuple(Reading(ts=to_ms(old + timedelta(minutes=n)), values={"co2": 1700}) for n in range(15)))
    play.handle(play.envelope("co2-101", readings))
    play.until(play.clock.now() + timedelta(minutes=2))
    assert play.count() == 0


def test_a_message_of_many_readings_is_taken_in_order(play: Play) -> None:
    start = play.clock.now() - timedelta(minutes=9)
    values = [1600.0] * 9 + [1100.0]
    readings = Readings(
        tuple(Reading(ts=to_ms(start + timedelta(minutes=n)), values={"co2": value}) for n, value in enumerate(values))
    )
    play.handle(play.envelope("co2-101", readings))
    play.until(play.clock.now() + timedelta(minutes=5))
    assert play.count() == 0


def test_a_school_of_another_partition_is_left_alone(play: Play) -> None:
    play.handle(smoke(play))
    states = ConditionStates(lambda school: school != SCHOOL)
    with db.write(play.engine) as conn:
        assert states.load(conn)
        assert not list(states.not_normal())
        assert states.due(conn, play.clock.now() + timedelta(days=9)) == []


def test_a_due_timer_is_claimed_once(play: Play) -> None:
    play.handle(play.reading("co2-101", co2=1600))
    later = play.clock.now() + timedelta(minutes=20)
    first, second = ConditionStates(lambda _: True), ConditionStates(lambda _: True)
    with db.write(play.engine) as conn:
        first.load(conn)
        second.load(conn)
        assert len(first.due(conn, later)) == 1
        assert second.due(conn, later) == []


def test_ordinary_readings_cost_next_to_nothing(play: Play) -> None:
    source = Source(SCHOOL, "co2-101", "sensor", "room-1")
    now = play.clock.now()
    body = Readings(
        tuple(Reading(ts=to_ms(now), values={"co2": 800.0, "humidity": 40.0, "light": 300.0}) for _ in range(50))
    )
    batch = [Envelope(source=source, body=body, at=now, received=now)] * 200
    best = float("inf")
    with db.write(play.engine) as conn:
        play.stage.handle(conn, batch, now)
        for _ in range(5):
            started = time.thread_time()
            play.stage.handle(conn, batch, now)
            best = min(best, time.thread_time() - started)
    per_value = best / (200 * 50 * 3)
    assert per_value < 2e-6, f"{per_value * 1e9:.0f} ns for a value"
