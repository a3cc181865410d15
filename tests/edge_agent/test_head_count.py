"""Head counts of people who sit: heaps of detections over some looks, and the band they may be off by."""

import random
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from edge_agent.camera.analytics import HeadCount
from edge_agent.camera.detector import Detection, Image
from edge_agent.camera.geometry import Box
from edge_agent.camera.head_count import HeadCountWatch, Places, TiledDetector, tiles_of, without_twins
from edge_agent.camera.seen import Seen
from edge_agent.camera.truth import frames_of
from edge_agent.camera.yolox import YoloxDetector
from edge_agent.settings import Camera

NOW = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
SEATS = [
    Box(0.05 + 0.1 * (n % 9), 0.3 + 0.12 * (n // 9), 0.11 + 0.1 * (n % 9), 0.42 + 0.12 * (n // 9)) for n in range(45)
]


def jittered(box: Box, chance: random.Random) -> Box:
    x, y = chance.gauss(0, 0.006), chance.gauss(0, 0.006)
    return Box(box.x1 + x, box.y1 + y, box.x2 + x, box.y2 + y)


@pytest.mark.parametrize("found", [1.0, 0.8, 0.6])
def test_a_class_that_is_found_only_in_part_is_counted_within_the_band(found: float) -> None:
    chance, places, counted = random.Random(5), Places(HeadCount(every_s=5.0)), None
    for _ in range(12):
        seen = [jittered(box, chance) for box in SEATS if chance.random() < found]
        ghosts = [jittered(SEATS[chance.randrange(45)].grown(-0.3), chance) for _ in range(1)]
        counted = places.update([*seen, *(Box(b.x1, b.y1 - 0.2, b.x2, b.y2 - 0.2) for b in ghosts)])
    assert counted is not None
    assert abs(counted.people - 45) <= counted.band <= 20
    assert abs(counted.people - 45) <= 5  # one picture alone is off by 18 at the last


def test_nothing_is_told_before_a_third_of_the_looks() -> None:
    places = Places(HeadCount(every_s=5.0))
    assert [places.update(SEATS[:3]) is None for _ in range(5)] == [True] * 3 + [False] * 2


def test_an_empty_room_is_empty_and_who_left_is_forgotten() -> None:
    places = Places(HeadCount(every_s=5.0))
    for _ in range(12):
        places.update(SEATS[:20])
    for _ in range(12):
        counted = places.update([])
    assert counted is not None
    assert (counted.people, counted.band) == (0, 0)


def test_two_scales_of_the_same_person_are_one_and_a_child_before_an_adult_are_two() -> None:
    adult, head, child = Box(0.4, 0.2, 0.6, 0.9), Box(0.42, 0.22, 0.58, 0.6), Box(0.45, 0.65, 0.53, 0.9)
    assert [one.box for one in without_twins([Detection(head, 0.5), Detection(adult, 0.9)])] == [adult]
    assert len(without_twins([Detection(adult, 0.9), Detection(child, 0.6)])) == 2


class Blobs:
    """A `Detector` that finds white rectangles, but none that is less than 4 % of the picture's height."""

    def detect(self, image: Image) -> list[Detection]:
        import cv2

        _, _, stats, _ = cv2.connectedComponentsWithStats((image[:, :, 0] > 128).astype(np.uint8))
        height, width = image.shape[:2]
        boxes = [Box(x / width, y / height, (x + w) / width, (y + h) / height) for x, y, w, h, _ in stats[1:].tolist()]
        return [Detection(box, 0.9) for box in boxes if box.height >= 0.04]


def test_tiles_find_small_heads_and_count_nobody_twice() -> None:
    image = np.zeros((360, 640, 3), dtype=np.uint8)
    for x in range(20, 620, 60):
        for y in range(20, 340, 40):
            image[y : y + 10, x : x + 8] = 255
    assert TiledDetector(Blobs(), 1).detect(image) == []
    assert len(TiledDetector(Blobs(), 3).detect(image)) == 10 * 8
    assert len(tiles_of(16 / 9, 3)) == 6


def test_the_count_takes_the_place_of_people_and_motion_cannot_give_it() -> None:
    watch = HeadCountWatch(HeadCount(every_s=5.0), Blobs(), 0.4, [((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))])
    image = np.zeros((36, 64, 3), dtype=np.uint8)
    people = tuple(Detection(box, 0.9 if n else 0.3) for n, box in enumerate(SEATS[:9]))
    assert watch.values() == {}
    for n in range(60):
        list(watch.update(Seen(image, people, (), float(n), NOW)))
    assert watch.values() == {"people": 4, "people.band": 1}  # one is too doubtful, four sit in the area to ignore
    with pytest.raises(ValueError, match="who sits does not move"):
        Camera(id="c", source="sim", head_count=HeadCount(every_s=5.0))


@pytest.mark.real_data
def test_four_students_at_their_desks_are_four(real_data: Path, model: Path) -> None:
    detector, places = YoloxDetector(model, score=0.2, overlap=0.5), Places(HeadCount(every_s=1.0))
    for number, image in enumerate(frames_of(real_data / "video" / "classroom.preview.gif")):
        if number % 4 == 0:
            counted = places.update([one.box for one in detector.detect(image) if one.score >= 0.4])
    assert counted is not None
    assert (counted.people, counted.band) == (4, 1)
