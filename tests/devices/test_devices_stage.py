"""The stage: who was heard, who went silent, who came back, and what that causes."""

from datetime import timedelta

import pytest

from campus import changes, db
from campus.events import Reading, Readings
from campus.facts import DeviceReturned, DeviceSilent
from devices.queries import Outage, outages
from devices.registry import Registry, retire
from tests.devices.conftest import SCHOOL, Rig

BROKERS_KEEPING = timedelta(minutes=40)


def outages_of(rig: Rig, kind: str) -> list[Outage]:
    now = rig.clock.now()
    with db.read(rig.engine) as conn:
        return outages(conn, SCHOOL, kind, now - timedelta(days=1), now)


def test_the_first_message_brings_a_device_online(rig: Rig) -> None:
    assert rig.state("co2-101") == ("never_seen", "never heard")
    assert rig.handle(rig.reading("co2-101")) == []
    assert rig.state("co2-101") == ("online", "heard")
    assert rig.detail("co2-101").row.last_seen == rig.clock.now()


def test_a_device_that_keeps_speaking_stays_online(rig: Rig) -> None:
    rig.handle(rig.reading("co2-101"))
    assert rig.wait(600, "co2-101") == []
    assert [(step.old, step.new) for step in rig.detail("co2-101").transitions] == [("never_seen", "online")]


def test_silence_makes_it_late_then_offline_once(rig: Rig) -> None:
    rig.handle(rig.reading("co2-101"))
    heard_at = rig.clock.now()
    assert rig.wait(179) == []
    assert rig.state("co2-101") == ("late", "late heartbeat")
    assert rig.wait(300) == [DeviceSilent(device="co2-101", kind="sensor", since=heard_at, why="heartbeat too old")]
    assert rig.state("co2-101") == ("offline", "heartbeat too old")
    steps = [(step.old, step.new, step.why) for step in reversed(rig.detail("co2-101").transitions)]
    assert steps == [
        ("never_seen", "online", "heard"),
        ("online", "late", "late heartbeat"),
        ("late", "offline", "heartbeat too old"),
    ]


def test_an_outage_lasts_from_when_it_was_last_heard_until_it_is_heard_again(rig: Rig) -> None:
    rig.handle(rig.reading("co2-101"))
    silent_from = rig.clock.now()
    rig.wait(400)
    assert outages_of(rig, "sensor") == [Outage("co2-101", "b1-101", silent_from, None)]
    returned = rig.handle(rig.reading("co2-101"))
    assert returned == [DeviceReturned(device="co2-101", kind="sensor", silent_from=silent_from)]
    assert outages_of(rig, "sensor") == [Outage("co2-101", "b1-101", silent_from, rig.clock.now())]


def test_a_last_will_gives_a_device_up_within_seconds(rig: Rig) -> None:
    rig.handle(rig.status("gate-1"))
    heard_at = rig.clock.now()
    rig.wait(20)
    assert rig.handle(rig.status("gate-1", "offline", at=heard_at)) == []
    assert rig.state("gate-1") == ("late", "last will just came")
    assert rig.wait(10) == [DeviceSilent(device="gate-1", kind="gate", since=heard_at, why="last will")]


def test_a_device_that_only_replaced_its_connection_was_never_away(rig: Rig) -> None:
    rig.handle(rig.status("gate-1"))
    rig.wait(20)
    rig.handle(rig.status("gate-1", "offline"))
    rig.wait(2)
    assert rig.handle(rig.status("gate-1")) == []
    assert rig.wait(60) == []
    assert outages_of(rig, "gate") == []


def test_the_will_of_an_earlier_run_does_not_take_the_present_one_down(rig: Rig) -> None:
    rig.handle(rig.status("gate-1", boot="b1"))
    rig.wait(10)
    rig.handle(rig.status("gate-1", boot="b2"))
    rig.handle(rig.status("gate-1", "offline", boot="b1"))
    assert rig.wait(60) == []
    assert rig.state("gate-1") == ("online", "heard")


def test_a_sleeping_device_may_be_quiet_for_a_night(rig: Rig) -> None:
    rig.handle(rig.status("co2-101", "sleeping"))
    assert rig.state("co2-101") == ("sleeping", "sleeping")
    rig.clock.advance(timedelta(hours=14))
    assert rig.wait(200) == []
    rig.handle(rig.reading("co2-101"))  # a reading in its sleep does not keep it awake
    assert rig.wait(300) == []
    rig.handle(rig.status("co2-101", "online"))
    assert rig.state("co2-101") == ("online", "heard")


def test_what_the_device_says_of_itself_is_kept(rig: Rig) -> None:
    rig.handle(rig.status("gate-1"), rig.status("gate-1", "offline"))
    detail = rig.detail("gate-1")
    assert (detail.row.health, detail.agent, detail.boot, detail.boots) == ({"uptime_s": 7.0}, "1.0", "b1", 1)


def test_the_clock_offset_is_the_devices_clock_minus_ours(rig: Rig) -> None:
    rig.handle(rig.reading("co2-101", at=rig.clock.now() - timedelta(seconds=4)))
    assert rig.detail("co2-101").row.clock_offset_ms == -4000
    stored = rig.reading("co2-101", at=rig.clock.now() - timedelta(hours=2), late=True)
    rig.handle(stored)
    assert rig.detail("co2-101").row.clock_offset_ms == -4000  # what was stored is old, the clock is not


# -- a status that the broker had kept ------------------------------------------------------------------------------


def test_a_kept_status_of_a_living_device_counts_as_heard(rig: Rig) -> None:
    rig.handle(rig.status("gate-1"))
    rig.wait(60)
    rig.handle(rig.status("gate-1", late=True, at=rig.clock.now() - timedelta(seconds=20)))
    assert rig.detail("gate-1").row.last_seen == rig.clock.now()


def test_an_old_kept_status_proves_nothing(rig: Rig) -> None:
    rig.handle(rig.status("gate-1"))
    heard_at = rig.clock.now()
    rig.wait(400)
    assert rig.handle(rig.status("gate-1", late=True, at=heard_at + timedelta(seconds=60))) == []
    assert rig.state("gate-1") == ("offline", "heartbeat too old")


def test_a_device_that_died_before_the_platform_first_started_is_found_after_the_grace(rig: Rig) -> None:
    rig.handle(rig.status("gate-1", late=True, at=rig.clock.now() - BROKERS_KEEPING))
    assert rig.state("gate-1") == ("late", "late heartbeat")
    facts = rig.wait(130)
    assert [type(fact) for fact in facts] == [DeviceSilent]


# -- parents and children -------------------------------------------------------------------------------------------


def test_a_dead_parent_is_one_fact_and_its_children_are_offline_because_of_it(rig: Rig) -> None:
    rig.handle(*(rig.reading(device) for device in ("agent-1", "gate-1", "cam-1")))
    facts = rig.wait(400)
    assert [fact.device for fact in facts if isinstance(fact, DeviceSilent)] == ["agent-1"]
    assert rig.state("gate-1") == rig.state("cam-1") == ("offline", "parent")
    assert [outage.device for outage in outages_of(rig, "gate")] == ["gate-1"]  # yet nothing was known from there


def test_children_heard_a_little_earlier_than_their_parent_wait_for_its_verdict(rig: Rig) -> None:
    rig.handle(rig.reading("gate-1"), rig.reading("cam-1"))
    rig.wait(25)
    rig.handle(rig.reading("agent-1"))
    facts = rig.wait(400)
    assert [fact.device for fact in facts if isinstance(fact, DeviceSilent)] == ["agent-1"]


def test_a_child_that_dies_alone_is_its_own_fact(rig: Rig) -> None:
    rig.handle(rig.reading("gate-1"), rig.reading("agent-1"))
    facts = rig.wait(400, "agent-1")
    assert [fact.device for fact in facts if isinstance(fact, DeviceSilent)] == ["gate-1"]
    assert [fact.device for fact in rig.wait(300) if isinstance(fact, DeviceSilent)] == ["agent-1"]
    assert rig.state("gate-1") == ("offline", "heartbeat too old")


def test_after_the_parents_return_the_children_return_as_they_speak(rig: Rig) -> None:
    rig.handle(*(rig.reading(device) for device in ("agent-1", "gate-1", "cam-1")))
    silent_from = rig.clock.now()
    rig.wait(400)
    assert rig.handle(rig.reading("agent-1")) == [
        DeviceReturned(device="agent-1", kind="agent", silent_from=silent_from)
    ]
    rig.wait(20, "agent-1")
    assert rig.handle(rig.reading("gate-1")) == [DeviceReturned(device="gate-1", kind="gate", silent_from=silent_from)]
    assert rig.state("cam-1") == ("offline", "parent")


def test_a_child_that_stays_silent_after_its_parents_return_gets_its_own_alarm_in_the_end(rig: Rig) -> None:
    rig.handle(*(rig.reading(device) for device in ("agent-1", "gate-1", "cam-1")))
    silent_from = rig.clock.now()
    rig.wait(400)
    rig.handle(rig.reading("agent-1"))
    assert rig.wait(170, "agent-1", "gate-1")[1:] == []  # [0] is the return of the gate
    facts = rig.wait(30, "agent-1", "gate-1")
    assert facts == [DeviceSilent(device="cam-1", kind="camera", since=silent_from, why="heartbeat too old")]


# -- the platform's own faults --------------------------------------------------------------------------------------


def test_a_restart_raises_no_storm(rig: Rig) -> None:
    rig.handle(rig.reading("agent-1"), rig.reading("co2-101"))
    rig.clock.advance(timedelta(hours=1))
    rig.restart()
    assert rig.wait(60) == []
    assert rig.state("agent-1") == ("late", "late heartbeat")
    facts = rig.wait(100, "agent-1")
    assert [fact.device for fact in facts if isinstance(fact, DeviceSilent)] == ["co2-101"]


def test_a_device_that_was_silent_before_a_restart_is_not_reported_twice(rig: Rig) -> None:
    rig.handle(rig.reading("co2-101"))
    assert len(rig.wait(200)) == 1
    rig.restart()
    assert rig.wait(400) == []
    assert rig.state("co2-101") == ("offline", "heartbeat too old")


def test_a_real_will_in_the_grace_is_not_held_back_when_the_device_was_heard_since(rig: Rig) -> None:
    rig.restart()
    rig.tick()
    rig.handle(rig.status("gate-1"))
    rig.handle(rig.status("gate-1", "offline"))
    assert len(rig.wait(6)) == 1


def test_while_the_platform_hears_nothing_nobody_is_called_silent(rig: Rig) -> None:
    rig.handle(rig.reading("co2-101"))
    rig.hearing = False
    assert rig.wait(1000) == []
    rig.hearing = True
    assert rig.wait(100) == []
    assert len(rig.wait(30)) == 1  # the grace is over and it is still silent


def test_when_the_ticks_stood_still_the_devices_get_a_grace(rig: Rig) -> None:
    rig.handle(rig.reading("co2-101"))
    rig.tick()
    rig.clock.advance(timedelta(minutes=10))
    assert rig.tick() == []
    assert len(rig.wait(121)) == 1


def test_what_was_rolled_back_is_forgotten_and_can_come_again(rig: Rig) -> None:
    rig.handle(rig.reading("co2-101", seq=1))
    rig.wait(200)
    message = rig.reading("co2-101", seq=5)
    with pytest.raises(ZeroDivisionError):
        rig.handle_and_fail(message)
    assert rig.state("co2-101") == ("offline", "heartbeat too old")
    assert len(rig.handle(message)) == 1
    assert rig.detail("co2-101").row.gaps == 3


def test_a_due_row_is_judged_by_one_of_two_programs(rig: Rig) -> None:
    rig.handle(rig.reading("co2-101"))
    rig.wait(100)
    other = Rig(rig.engine, rig.clock)
    other.tick()
    rig.clock.advance(timedelta(seconds=130))
    other.stage._listening_since = rig.stage._listening_since
    with db.write(rig.engine) as conn:  # the other one has read its rows before we wrote ours
        other.stage._states.load(conn, [(SCHOOL, "co2-101")])
    assert len(rig.tick()) == 1
    assert other.tick() == []


# -- the registry ---------------------------------------------------------------------------------------------------


def test_a_change_of_state_is_logged_for_the_live_stream_and_a_reading_is_not(rig: Rig) -> None:
    rig.handle(rig.reading("co2-101"))
    rig.handle(rig.reading("co2-101"))
    with db.read(rig.engine) as conn:
        assert [(change.topic, change.key) for change in changes.since(conn, 0)] == [("device", "co2-101")]


def test_a_retired_device_is_heard_no_more_and_its_outage_ends(rig: Rig) -> None:
    rig.handle(rig.reading("co2-101"))
    rig.wait(200)
    with db.write(rig.engine) as conn:
        retire(conn, SCHOOL, "co2-101", rig.clock.now())
    rig.tick()
    assert rig.registry.source(SCHOOL, "co2-101") is None
    assert [outage.end for outage in outages_of(rig, "sensor")] == [rig.clock.now() - timedelta(0)]


def test_a_registry_serves_only_the_schools_of_its_program(rig: Rig) -> None:
    assert Registry(rig.engine, lambda school: school != SCHOOL).source(SCHOOL, "gate-1") is None
    registry = Registry(rig.engine)
    assert registry.source(SCHOOL, "gate-1") is not None
    assert registry.schools() == [SCHOOL]
    assert registry.children(SCHOOL, "agent-1") == ("cam-1", "gate-1")
    assert registry.depth(SCHOOL, "gate-1") == 1


# -- gaps -----------------------------------------------------------------------------------------------------------


def test_gaps_are_counted_over_batches_and_restarts(rig: Rig) -> None:
    rig.handle(rig.reading("co2-101", seq=1), rig.reading("co2-101", seq=2))
    rig.restart()
    rig.handle(rig.reading("co2-101", seq=6))
    assert rig.detail("co2-101").row.gaps == 3
    rig.handle(rig.reading("co2-101", seq=4, late=True))
    assert rig.detail("co2-101").row.gaps == 2


def test_an_array_of_readings_is_numbered_one_by_one(rig: Rig) -> None:
    rig.handle(rig.reading("co2-101", seq=10))
    items = tuple(Reading(ts=1, values={"x": 1.0}, seq=number, boot="b1") for number in range(13, 23))
    rig.handle(rig.envelope("co2-101", Readings(items), seq=22, boot="b1"))
    assert rig.detail("co2-101").row.gaps == 2


def test_a_new_boot_is_counted_and_is_no_gap(rig: Rig) -> None:
    rig.handle(rig.reading("co2-101", seq=500), rig.status("co2-101", boot="b2"))
    rig.handle(rig.reading("co2-101", seq=1, boot="b2"))
    detail = rig.detail("co2-101")
    assert (detail.boots, detail.boot, detail.row.gaps) == (2, "b2", 0)
