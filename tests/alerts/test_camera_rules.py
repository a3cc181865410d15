"""What cameras tell beside intrusion and tamper: too many people in a zone, and who stays too long."""

from datetime import timedelta

import pytest

from alerts.rules.rulefile import load_rules
from campus.events import CameraCrowding, CameraLoitering, CameraStill
from tests.alerts.play import Play, at
from tests.alerts.test_alerts_scenarios import STORIES


def test_crowding_is_one_alarm_until_there_is_room_again(play: Play) -> None:
    full = CameraCrowding(zone="stairs", people=31, capacity=25, active=True)
    play.handle(play.envelope("cam-1", full))
    play.handle(play.envelope("cam-1", full))
    alarm = play.the("crowding", "cam-1")
    assert (alarm.severity, alarm.state, play.count()) == ("major", "unacknowledged", 1)
    room = CameraCrowding(zone="stairs", people=9, capacity=25, active=False)
    play.handle(play.envelope("cam-1", room))
    assert play.the("crowding", "cam-1").state == "returned_unacknowledged"


def test_who_stays_too_long_is_a_question_that_returns_by_itself(play: Play) -> None:
    play.handle(play.envelope("cam-1", CameraLoitering(zone="gate", track=3, seconds=190.0)))
    assert (play.the("loitering", "cam-1").severity, play.count()) == ("warning", 1)
    play.until(play.clock.now() + timedelta(minutes=10, seconds=5))
    assert play.the("loitering", "cam-1").state == "returned_unacknowledged"


@pytest.mark.parametrize(("band", "alarms"), [(2.0, 1), (20.0, 0)])
def test_a_head_count_is_held_against_the_roll_within_the_band_that_the_camera_tells(
    play: Play, band: float, alarms: int
) -> None:
    play.restart(load_rules(STORIES / "joined.yaml"))
    play.clock.move_to(at("10:00"))
    for _ in range(26):  # 43 should be there, and more than 1.2 times as many are told after ten minutes
        play.handle(play.reading("cam-1", **{"people": 60.0, "people.band": band}))
        play.until(play.clock.now() + timedelta(seconds=30))
    assert play.count() == alarms


def test_a_still_that_was_asked_for_goes_to_the_newest_alarm_of_the_camera(play: Play) -> None:
    asked = CameraStill(command="order-1", still=b"\xff\xd8 now")
    play.handle(play.envelope("cam-1", asked))
    assert play.count() == 0
    play.handle(play.envelope("cam-1", CameraLoitering(zone="gate", track=3, seconds=190.0, still=b"\xff\xd8 then")))
    play.handle(play.envelope("cam-1", asked))
    alarm = play.the("loitering", "cam-1")
    assert len(play.detail(alarm.id).evidence) == 2
