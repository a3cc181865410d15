"""The whole of a camera on a drawn scene, where the truth is known."""

import threading
from datetime import timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest

from campus.clock import VirtualClock
from campus.events import CameraIntrusion, CameraTamper
from edge_agent.camera.agent import CameraAgent
from edge_agent.camera.analyser import Analyser, Analysis
from edge_agent.camera.detector import Detection, Image
from edge_agent.camera.evidence import MAX_BYTES, still
from edge_agent.camera.geometry import Box
from edge_agent.camera.motion import MotionDetector
from edge_agent.camera.rendered import Scene, SceneSource, Walker, crossing_scene
from edge_agent.camera.source import Frame, NoPicture
from edge_agent.settings import Camera, Line, ZoneArea
from tests.edge_agent.conftest import Notebook

FPS = 5.0
ZONE = ZoneInfo("Asia/Shanghai")
LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
DOOR = Line(name="door", a=(0.5, 0.2), b=(0.5, 1.0))


def a_camera(**settings: Any) -> Camera:
    return Camera(id="yard", source="sim", **settings)


def watch(scene: Scene, camera: Camera, clock: VirtualClock, seconds: float) -> list[Analysis]:
    analyser = Analyser(camera, MotionDetector(), ZONE)
    results = []
    for number in range(int(seconds * FPS)):
        at = number / FPS
        results.append(analyser.analyse(scene.picture(at), at, clock.advance(timedelta(seconds=1 / FPS))))
    return results


def one_walker(**changes: Any) -> Scene:
    walker = {"begins": 3.0, "start": 1.05, "speed": -0.12, "foot": 0.8, "height": 0.4, "shade": 50} | changes
    return Scene((Walker(**walker),))


def test_a_walker_is_counted_crosses_the_line_once_and_leaves(clock: VirtualClock) -> None:
    results = watch(one_walker(), a_camera(lines=(DOOR,)), clock, 14)
    last = results[-1].values
    assert (last["line.door.in"], last["line.door.out"], last["people"]) == (1, 0, 0)
    assert max(result.values["people"] for result in results) == 1
    assert len({track.id for result in results for track in result.tracks}) == 1


def test_an_empty_yard_stays_empty(clock: VirtualClock) -> None:
    assert not any(result.tracks for result in watch(Scene(()), a_camera(), clock, 20))


def test_the_lights_going_on_are_no_people() -> None:
    dark, detector = Scene(()), MotionDetector()
    for number in range(20):
        detector.detect(dark.picture(number / FPS))
    for number in range(20, 40):
        bright = np.clip(dark.picture(number / FPS).astype(np.int16) + 90, 0, 255).astype(np.uint8)
        assert detector.detect(bright) == []


def test_a_cloud_that_dims_the_yard_by_a_third_is_no_people_and_hides_none(clock: VirtualClock) -> None:
    def dimmed(scene: Scene, number: int) -> Image:
        light = 1.0 - 0.33 * min(1.0, number / 40)
        return np.clip(scene.picture(number / FPS).astype(np.float32) * light, 0, 255).astype(np.uint8)

    empty, walked = Scene(()), one_walker()
    detector, watching = MotionDetector(), Analyser(a_camera(), MotionDetector(), ZONE)
    assert not any(detector.detect(dimmed(empty, number)) for number in range(80))
    counts = [watching.analyse(dimmed(walked, n), n / FPS, clock.now()).values["people"] for n in range(70)]
    assert max(counts) == 1


def test_counts_and_crossings_of_a_busy_yard_are_near_the_truth(clock: VirtualClock) -> None:
    scene = crossing_scene(seed=5, seconds=60)
    results = watch(scene, a_camera(lines=(DOOR,)), clock, 80)
    errors = [len(result.tracks) - len(scene.people(number / FPS)) for number, result in enumerate(results)]
    assert np.abs(errors).mean() < 0.8
    last = results[-1].values
    leftwards = sum(walker.speed < 0 for walker in scene.walkers)
    assert abs(last["line.door.in"] - leftwards) <= 0.25 * len(scene.walkers)
    assert abs(last["line.door.out"] - (len(scene.walkers) - leftwards)) <= 0.25 * len(scene.walkers)


def guarded(**settings: Any) -> Camera:
    return a_camera(zones=(ZoneArea(name="fence", polygon=LEFT_HALF, kind="intrusion", **settings),))


def test_one_visit_is_one_intrusion_with_a_still(clock: VirtualClock) -> None:
    results = watch(one_walker(), guarded(), clock, 14)
    (intrusion,) = [event for result in results for event in result.events]
    assert (intrusion.zone, intrusion.people) == ("fence", 1)
    assert intrusion.confidence >= 0.5
    assert intrusion.still is not None
    assert intrusion.still.startswith(b"\xff\xd8")
    began = [visit for result in results for visit in result.visits if visit.left is None]
    assert len(began) == 1


def test_a_zone_that_is_not_armed_tells_nothing_but_counts(clock: VirtualClock) -> None:
    # The clock stands at seven in the morning in Shanghai.
    results = watch(one_walker(), guarded(armed=("18:00-06:30",)), clock, 14)
    assert not any(result.events for result in results)
    assert max(result.values["zone.fence.people"] for result in results) == 1


class Script:
    """A `Detector` that sees what it is told to: one list of foot points a frame."""

    def __init__(self, frames: list[list[tuple[float, float]]]) -> None:
        self._frames = iter(frames)

    def detect(self, image: Image) -> list[Detection]:
        return [Detection(Box(x - 0.05, y - 0.3, x + 0.05, y), 0.9) for x, y in next(self._frames)]


def intrusions(frames: list[list[tuple[float, float]]], clock: VirtualClock, **settings: Any) -> list[int]:
    """The frames in which an intrusion was told."""
    zone = ZoneArea(name="fence", polygon=LEFT_HALF, kind="intrusion")
    analyser = Analyser(a_camera(zones=(zone,), stills=False, **settings), Script(frames), ZONE)
    image = np.zeros((90, 160, 3), dtype=np.uint8)
    return [i for i in range(len(frames)) if analyser.analyse(image, i / FPS, clock.now()).events]


IN, OUT = [(0.3, 0.8)], [(0.6, 0.8)]


@pytest.mark.parametrize(
    ("frames", "told"),
    [
        ([IN] * 20, [5]),  # shown from the third frame, confirmed by four in the zone: the sixth
        ([IN] * 5 + [OUT] * 20, []),  # confirmed by too few frames
        ([[(0.53, 0.8)]] * 5 + [[(0.44, 0.8)]] * 20, [8]),  # followed already when entering: the fourth frame inside
        (([[(0.44, 0.8)]] * 2 + [[]]) * 7, [7]),  # seen in two of three frames
        ([[]] * 20, []),
    ],
)
def test_an_intrusion_needs_four_of_six_frames(
    frames: list[list[tuple[float, float]]], told: list[int], clock: VirtualClock
) -> None:
    assert intrusions(frames, clock) == told


def test_a_second_person_within_the_cooldown_is_the_same_alarm(clock: VirtualClock) -> None:
    two = [[(0.2, 0.8)]] * 10 + [[(0.2, 0.8), (0.4, 0.8)]] * 190
    assert len(intrusions(two, clock)) == 1
    assert len(intrusions(two, clock, cooldown_s=1.0)) == 2


def test_a_new_visit_after_the_cooldown_is_told_again(clock: VirtualClock) -> None:
    frames = [IN] * 20 + [OUT] * 20 + [IN] * 20
    assert intrusions(frames, clock) == [5]
    assert len(intrusions(frames, clock, cooldown_s=5.0)) == 2


def test_who_stands_in_an_ignored_area_is_not_there(clock: VirtualClock) -> None:
    assert intrusions([IN] * 20, clock, ignore=(LEFT_HALF,)) == []


# -- evidence ----------------------------------------------------------------------------------------------------------


def test_a_still_hides_the_person_and_keeps_the_rest() -> None:
    scene = one_walker(begins=0.0, start=0.25, speed=0.0)
    picture, (box,) = scene.picture(0.0), scene.people(0.0)
    shown = cv2.imdecode(np.frombuffer(still(picture, [box], LEFT_HALF), np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    top, bottom, left, right = (int(v) for v in (box.y1 * 360, box.y2 * 360, box.x1 * 640, box.x2 * 640))
    detail = [cv2.Laplacian(image[top:bottom, left:right], cv2.CV_64F).std() for image in (picture, shown)]
    assert detail[1] < 0.4 * detail[0]
    far = np.abs(shown[20:100, 500:600].astype(int) - picture[20:100, 500:600].astype(int)).mean()
    assert far < 6


def test_a_still_fits_into_64_kib_whatever_is_in_it() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (1080, 1920, 3), dtype=np.uint8)
    assert len(still(noise, [Box(0.4, 0.2, 0.6, 0.9)], LEFT_HALF)) <= MAX_BYTES


def test_a_person_at_the_edge_of_the_frame_is_hidden_too() -> None:
    picture = np.zeros((100, 100, 3), dtype=np.uint8)
    assert still(picture, [Box(-0.2, -0.2, 0.05, 1.3), Box(1.2, 0.1, 1.4, 0.2)], LEFT_HALF)


# -- the agent ---------------------------------------------------------------------------------------------------------


class Replay:
    """A `Source` that gives what it is told to, and lets the clock run."""

    def __init__(self, items: list[Frame | NoPicture], clock: VirtualClock) -> None:
        self._items = iter(items)
        self._clock = clock
        self.closed = False

    def next(self, stop: threading.Event) -> Frame | NoPicture | None:
        self._clock.advance(timedelta(seconds=1 / FPS))
        return next(self._items, None)

    def close(self) -> None:
        self.closed = True


def frames(scene: Scene, seconds: float) -> list[Frame | NoPicture]:
    return [Frame(scene.picture(number / FPS), number / FPS) for number in range(int(seconds * FPS))]


def run(items: list[Frame | NoPicture], camera: Camera, clock: VirtualClock, voice: Notebook) -> Replay:
    source = Replay(items, clock)
    CameraAgent(camera, source, Analyser(camera, MotionDetector(), ZONE), clock, voice).run(threading.Event())
    return source


def test_the_agent_tells_readings_on_the_clock_and_intrusions_as_they_happen(
    clock: VirtualClock, voice: Notebook
) -> None:
    source = run(frames(one_walker(), 14), guarded(), clock, voice)
    assert source.closed
    assert [event for _, event, _ in voice.events if isinstance(event, CameraIntrusion)]
    times = [at for _, _, at in voice.readings]
    assert [(b - a).total_seconds() for a, b in pairwise(times)] == pytest.approx([5.0] * 2)
    assert set(voice.readings[0][1]) == {"people", "zone.fence.people", "fps", "picture.health"}


def test_a_lost_picture_is_told_after_five_seconds_and_its_return_once(clock: VirtualClock, voice: Notebook) -> None:
    there = frames(Scene(()), 1)
    lost: list[Frame | NoPicture] = [NoPicture(seconds) for seconds in (1.0, 4.9, 5.1, 6.0, 60.0)]
    run([*there, *lost, *there, NoPicture(3.0), *there], a_camera(), clock, voice)
    tampers = [event for _, event, _ in voice.events if isinstance(event, CameraTamper)]
    assert [(event.kind, event.active) for event in tampers] == [("disconnected", True), ("disconnected", False)]


def test_the_drawn_scene_is_a_source_that_stops(clock: VirtualClock) -> None:
    source, stop = SceneSource(FPS, paced=False), threading.Event()
    first, second = source.next(stop), source.next(stop)
    assert isinstance(first, Frame)
    assert isinstance(second, Frame)
    assert second.at - first.at == pytest.approx(0.2)
    stop.set()
    assert source.next(stop) is None
