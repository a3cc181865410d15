"""The rendered camera: pictures of the scene over HTTP, in which the real vision pipeline finds what the truth says."""

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import cv2
import numpy as np
import pytest

from campus.clock import ScaledClock
from edge_agent.camera.analyser import Analyser
from edge_agent.camera.motion import MotionDetector
from edge_agent.camera.tamper import TamperWatch
from edge_agent.settings import Camera, Tamper, ZoneArea
from simulator.day.cameras import FENCE, ZONE
from simulator.day.foretold import truth_of
from simulator.day.incidents import script
from simulator.picture.camera_server import CameraServer, RenderedCamera
from simulator.picture.render import Painter, height_of
from simulator.picture.scene import Scene
from simulator.school.values import SimulatedSchool

SPEED = 60.0
WATCHED = Camera(id="cam-1", source="-", stills=False, zones=(ZoneArea(name=ZONE, polygon=FENCE, kind="intrusion"),))


@pytest.fixture
def day(school: SimulatedSchool) -> date:
    return school.day


def intrusions(school: SimulatedSchool, day: date, start: datetime, end: datetime) -> list[datetime]:
    """When the motion detector finds an intruder between two moments of the school's time, looking 5 times a second."""
    scene, painter = Scene(school, day, SPEED), Painter(school.seed)
    analyser = Analyser(WATCHED, MotionDetector(), school.zone)
    found = []
    step = timedelta(seconds=SPEED / WATCHED.fps)
    for number in range(int((end - start) / step)):
        now = start + number * step
        picture = painter.paint(scene.figures(now), now.astimezone(school.zone), number)
        found += [now for _ in analyser.analyse(picture, number / WATCHED.fps, now).events]
    return found


def test_the_intruder_is_found_in_the_time_that_the_truth_gives_and_the_passer_by_is_not(
    school: SimulatedSchool, day: date
) -> None:
    played = script(school, day)
    assert played.passer_by_at is not None
    assert played.intruder_at is not None
    found = intrusions(
        school, day, played.passer_by_at - timedelta(minutes=30), played.intruder_at + timedelta(minutes=30)
    )
    assert len(found) == 1
    (expected,) = [one for one in truth_of(school, day, rendered=True, speed=SPEED).alarms if one.rule == "intrusion"]
    assert timedelta(0) <= found[0] - expected.at <= timedelta(seconds=expected.within_s)


def test_people_on_the_path_in_the_morning_rush_are_no_intruders(school: SimulatedSchool, day: date) -> None:
    seven = school.moment(day, time(7, 0))
    assert intrusions(school, day, seven, seven + timedelta(minutes=75)) == []


def test_a_day_from_before_sunrise_to_dusk_is_no_tampering(school: SimulatedSchool, day: date) -> None:
    scene, painter, watch = Scene(school, day, SPEED), Painter(school.seed), TamperWatch(Tamper())
    start, told = school.moment(day, time(6, 0)), []
    for number in range(400):  # 200 seconds of video, at four times the demo's speed: over thirteen hours
        now = start + timedelta(seconds=number / 2 * 4 * SPEED)
        picture = painter.paint(scene.figures(now), now.astimezone(school.zone), number)
        told += watch.update(picture, number / 2)
    assert told == []


def test_the_intruder_stays_at_the_fence_for_six_seconds_of_the_wall_at_least(
    school: SimulatedSchool, day: date
) -> None:
    start = script(school, day).intruder_at
    assert start is not None
    scene = Scene(school, day, SPEED)
    inside = 0
    for tenth in range(200):
        figures = scene.figures(start + timedelta(seconds=tenth / 10 * SPEED))
        inside += any(one.known == "intruder" and FENCE[0][1] < one.feet[1] < FENCE[2][1] for one in figures)
    assert inside / 10 >= 6


def test_who_is_nearer_is_drawn_taller_and_the_same_moment_gives_the_same_picture(
    school: SimulatedSchool, day: date
) -> None:
    assert height_of(0.9) > 2 * height_of(0.4)
    at = script(school, day).intruder_at
    assert at is not None
    figures = Scene(school, day, SPEED).figures(at + timedelta(minutes=5))
    local = at.astimezone(school.zone)
    first, second = (Painter(7).paint(figures, local, 3) for _ in range(2))
    assert first.shape == (360, 640, 3)
    assert np.array_equal(first, second)
    assert not np.array_equal(first, Painter(7).paint([], local, 3))


@pytest.fixture
def served(school: SimulatedSchool, day: date) -> Iterator[str]:
    """The address of a camera that is served while the test runs."""
    clock = ScaledClock(school.moment(day, time(7, 30)), SPEED)
    stop = threading.Event()
    server = CameraServer(school, clock, 0)
    thread = threading.Thread(target=server.run, args=(stop,))
    thread.start()
    yield server.url
    stop.set()
    thread.join(timeout=10)
    assert not thread.is_alive()


def test_opencv_reads_the_stream_as_it_reads_any_camera(served: str) -> None:
    capture = cv2.VideoCapture(served)
    try:
        frames = [capture.read() for _ in range(3)]
    finally:
        capture.release()
    assert all(done for done, _ in frames)
    assert frames[0][1].shape == (360, 640, 3)


def test_any_other_address_is_refused_with_the_right_one(served: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(served.replace("cam-1", "cam-9"), timeout=5)


def test_without_a_scaled_clock_people_walk_in_real_time(school: SimulatedSchool, day: date) -> None:
    clock = ScaledClock(school.moment(day, time(7, 30)), 1.0)
    assert RenderedCamera(school, clock).picture().startswith(b"\xff\xd8")
