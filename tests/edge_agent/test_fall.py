"""Falls: a box that turns and stays down, and everything that only looks like it."""

from pathlib import Path

import pytest

from campus.clock import VirtualClock
from campus.events import CameraFall
from edge_agent.camera.analytics import Fall
from edge_agent.camera.fall import Falls
from edge_agent.camera.geometry import Box
from edge_agent.camera.rendered import Scene, Walker
from edge_agent.camera.tracker import Track, Tracker
from edge_agent.settings import Camera
from tests.edge_agent.conftest import watch_drawn
from tests.edge_agent.test_tracker import mot_frames

FPS = 5.0
SIZES = {  # width and height of a person of height 0.4 in a square picture
    "stand": (0.16, 0.40),
    "lie": (0.40, 0.14),
    "sit": (0.20, 0.28),
    "bend": (0.26, 0.27),
    "squat": (0.20, 0.22),
    "on the ground": (0.22, 0.22),
    "hidden by a desk": (0.16, 0.18),
    "two as one": (0.34, 0.40),
}


def shown(posture: str, *, number: int = 1, x: float = 0.5, foot: float = 0.8) -> list[Track]:
    """The tracks of a frame: one person, or nobody."""
    if posture == "unseen":
        return []
    width, height = SIZES[posture]
    foot -= 0.22 if posture == "hidden by a desk" else 0.0
    return [Track(number, Box(x - width / 2, foot - height, x + width / 2, foot), 0.9, 0.0)]


def told(frames: list[list[Track]], **settings: float) -> list[float]:
    """When a fall was told, in seconds of a video of 5 frames a second."""
    falls = Falls(Fall(**{"confirm_s": 6.0, **settings}))
    return [n / FPS for n, tracks in enumerate(frames) for _ in falls.update(tracks, 1.0, n / FPS)]


def play(*scenes: tuple[str, float]) -> list[list[Track]]:
    return [shown(posture) for posture, seconds in scenes for _ in range(round(seconds * FPS))]


@pytest.mark.parametrize(
    ("scenes", "expected"),
    [
        ([("stand", 4), ("lie", 20)], [10.0]),
        ([("stand", 4), ("bend", 1), ("lie", 20)], [11.0]),  # the way down takes its time
        ([("stand", 4), ("unseen", 1), ("lie", 20)], [11.0]),
        ([("stand", 4), ("lie", 4), ("stand", 10)], []),  # got up again
        ([("stand", 4), ("lie", 2), ("unseen", 20)], [10.0]),  # the detector loses who lies; nobody got up
        ([("stand", 4), ("lie", 0.4), ("unseen", 20)], []),  # two pictures are too few to believe
        ([("stand", 4), ("sit", 6), ("lie", 20)], []),  # lay down, and did not fall
        ([("stand", 4), ("sit", 40)], []),
        ([("stand", 4), ("bend", 40)], []),
        ([("stand", 4), ("squat", 40)], []),
        ([("stand", 4), ("on the ground", 40)], []),
        ([("stand", 4), ("hidden by a desk", 40)], []),
        ([("stand", 4), ("two as one", 40)], []),
        ([("lie", 40)], []),  # a bench, a bag: it never stood
        ([("stand", 4), ("lie", 20), ("stand", 4), ("lie", 20)], [10.0, 34.0]),  # fell twice
    ],
)
def test_who_stood_and_stays_down_has_fallen(scenes: list[tuple[str, float]], expected: list[float]) -> None:
    assert told(play(*scenes)) == expected


def test_a_box_cut_by_the_rim_says_nothing() -> None:
    cut = [[Track(1, Box(0.3, 0.86, 0.7, 1.0), 0.9, 0.0)]] * 100
    assert told([shown("stand", foot=0.97)] * 20 + cut) == []


def test_a_fall_that_breaks_the_track_is_told_of_the_new_number() -> None:
    frames = [shown("stand")] * 20 + [[]] * 5 + [shown("lie", number=2)] * 100
    assert len(told(frames)) == 1


def test_who_gets_up_under_a_new_number_has_not_stayed_down() -> None:
    frames = [shown("stand")] * 20 + [shown("lie")] * 10 + [[]] * 5 + [shown("stand", number=2)] * 100
    assert told(frames) == []


def test_somebody_else_who_lies_far_away_has_not_fallen() -> None:
    assert told([shown("stand", x=0.2)] * 20 + [shown("lie", number=2, x=0.8)] * 100) == []


def fallen(walker: Walker, clock: VirtualClock, seconds: float = 16.0) -> list[CameraFall]:
    camera = Camera(id="yard", source="sim", fall=Fall(confirm_s=5.0))
    events = [event for _, event in watch_drawn(Scene((walker,)), camera, clock, seconds)]
    return [event for event in events if isinstance(event, CameraFall)]


def test_a_drawn_figure_that_falls_is_told_with_a_still_and_one_that_sits_down_is_not(clock: VirtualClock) -> None:
    walker = Walker(3.0, 1.05, -0.12, 0.8, 0.4, 50, falls_at=8.0)
    (event,) = fallen(walker, clock)
    assert event.seconds == pytest.approx(5.0, abs=0.5)
    assert event.still is not None
    assert event.still.startswith(b"\xff\xd8")
    assert fallen(Walker(3.0, 1.05, -0.12, 0.8, 0.4, 50, sits_at=8.0), clock) == []


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "size", "fps"), [("ADL-Rundle-6", (1920, 1080), 30), ("ETH-Sunnyday", (640, 480), 14)]
)
def test_nobody_falls_who_walks_through_a_street(real_data: Path, name: str, size: tuple[int, int], fps: int) -> None:
    tracker, falls, found = Tracker(), Falls(Fall(confirm_s=2.0)), []
    for frame, people in sorted(mot_frames(real_data / "tracks" / f"{name}.gt.txt", size).items()):
        tracks = tracker.update([detection for _, detection in people], frame / fps)
        found += falls.update(tracks, size[0] / size[1], frame / fps)
    assert found == []
