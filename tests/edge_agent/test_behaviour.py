"""Crowding and loitering, by hand and through the analyser."""

from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from campus.clock import VirtualClock
from campus.events import CameraCrowding, CameraLoitering, Event
from edge_agent.camera.analyser import Analyser
from edge_agent.camera.behaviour import Crowd, Loitering
from edge_agent.camera.detector import Detection, Image
from edge_agent.camera.geometry import Box
from edge_agent.settings import Camera, ZoneArea

FPS = 5.0
HALL = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def changes(counts: list[int], capacity: int = 5, seconds: float = 2.0) -> list[tuple[float, bool]]:
    """When a crowd began and was over, with a count every half second."""
    crowd = Crowd(capacity, seconds)
    found = [(number / 2, crowd.update(people, number / 2)) for number, people in enumerate(counts)]
    return [(at, change) for at, change in found if change is not None]


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ([5] * 20, []),  # full is not crowded
        ([3] * 10 + [6] * 10, [(6.5, True)]),  # four of five counts
        ([3] * 10 + [6] * 3 + [3] * 10, []),  # a class that runs through
        ([3] * 10 + [6, 6, 6, 2, 6, 6, 6, 6], [(7.0, True)]),  # one picture misses people
        ([6] * 10 + [5] * 20, [(2.0, True)]),  # still full: not over
        ([6] * 10 + [4] * 10, [(2.0, True), (6.5, False)]),
        ([6] * 3, []),  # not yet known for long enough
    ],
)
def test_a_crowd_lasts_and_is_over_when_there_is_room(counts: list[int], told: list[tuple[float, bool]]) -> None:
    assert changes(counts) == told


def test_a_visit_is_told_once_when_it_becomes_too_long_and_a_new_one_again() -> None:
    loitering = Loitering(30.0)
    assert loitering.update({1: 0.0, 2: 10.0}, 29.9) == {}
    assert loitering.update({1: 0.0, 2: 10.0}, 30.0) == {1: 30.0}
    assert loitering.update({1: 0.0, 2: 10.0}, 41.0) == {2: 31.0}
    assert loitering.update({2: 10.0}, 50.0) == {}
    assert loitering.update({1: 60.0, 2: 10.0}, 95.0) == {1: 35.0}


class Standing:
    """A `Detector` that sees so many people, standing in a row, in each frame."""

    def __init__(self, people: list[int]) -> None:
        self._people = iter(people)

    def detect(self, image: Image) -> list[Detection]:
        return [Detection(Box(0.02 + 0.12 * n, 0.3, 0.10 + 0.12 * n, 0.8), 0.9) for n in range(next(self._people))]


def told(people: list[int], clock: VirtualClock, **zone: Any) -> list[tuple[int, Event]]:
    """The events, each with its frame."""
    area = ZoneArea(name="hall", polygon=HALL, **zone)
    analyser = Analyser(Camera(id="hall", source="sim", zones=(area,)), Standing(people), ZoneInfo("Asia/Shanghai"))
    image = np.zeros((90, 160, 3), dtype=np.uint8)
    found: list[tuple[int, Event]] = []
    for number, _ in zip(count(), people, strict=False):
        analysis = analyser.analyse(image, number / FPS, clock.now())
        found += [(number, event) for event in analysis.events]
    return found


def test_more_people_than_a_hall_holds_are_told_and_so_is_that_they_left(clock: VirtualClock) -> None:
    (first, began), (last, over) = told([3] * 50 + [7] * 100 + [3] * 100, clock, capacity=5)
    assert began == CameraCrowding(zone="hall", people=7, capacity=5, active=True)
    assert isinstance(over, CameraCrowding)
    assert not over.active
    assert 8 <= (first - 50) / FPS <= 12
    assert 8 <= (last - 150) / FPS <= 14


def test_who_stays_too_long_is_told_with_a_still(clock: VirtualClock) -> None:
    ((frame, event),) = told([1] * 200, clock, loiter_s=30)
    assert isinstance(event, CameraLoitering)
    assert event.still is not None
    assert event.seconds == pytest.approx(30, abs=0.3)
    assert frame / FPS == pytest.approx(30, abs=1)


def test_nobody_loiters_while_the_zone_is_not_armed(clock: VirtualClock) -> None:
    # The clock stands at seven in the morning in Shanghai.
    assert told([1] * 200, clock, loiter_s=30, armed=("18:00-06:30",)) == []


def test_a_zone_without_limits_tells_neither(clock: VirtualClock) -> None:
    assert told([8] * 300, clock) == []
