"""What cameras tell beside intrusion and tamper: too many people in a zone, and who stays too long."""

from datetime import timedelta

from campus.events import CameraCrowding, CameraLoitering
from tests.alerts.play import Play


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
