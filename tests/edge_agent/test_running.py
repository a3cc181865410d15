"""Running and sudden dispersal, by tracks made by hand, drawn and real."""

import math
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from campus.events import CameraRunning
from edge_agent.camera.analytics import Running
from edge_agent.camera.geometry import Box
from edge_agent.camera.running import RunningWatch, Speeds, rush
from edge_agent.camera.seen import Seen
from edge_agent.camera.tracker import Track

FPS = 5.0
HEIGHT = 0.1
IMAGE = np.zeros((90, 90, 3), dtype=np.uint8)
NOW = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
WALK, RUN = 0.8, 2.6  # heights a second
Places = dict[int, tuple[float, float]]


def tracks(places: Places) -> tuple[Track, ...]:
    return tuple(Track(number, Box(x - 0.02, y - HEIGHT, x + 0.02, y), 0.9, 0.0) for number, (x, y) in places.items())


def told(frames: list[Places], **settings: float) -> list[tuple[float, CameraRunning]]:
    watch = RunningWatch(Running(**{"confirm_s": 2.0, **settings}))  # type: ignore[arg-type]
    found = []
    for number, places in enumerate(frames):
        seen = Seen(IMAGE, (), tracks(places), number / FPS, NOW)
        found += [(number / FPS, event) for event in watch.update(seen)]
    return found


def row(speeds: list[float], seconds: float, *, begin: float = 0.1) -> list[Places]:
    """People beside one another who go to the right, each at a speed in heights a second."""
    return [
        {i: (begin + speed * HEIGHT * n / FPS, 0.2 + 0.12 * i) for i, speed in enumerate(speeds)}
        for n in range(round(seconds * FPS))
    ]


def apart(speed: float, people: int, begins: float, seconds: float) -> list[Places]:
    """People in a ring who stand, and from ``begins`` on all go outwards."""
    frames = []
    for n in range(round(seconds * FPS)):
        far = 0.08 + speed * HEIGHT * max(0.0, n / FPS - begins)
        ring = [2 * math.pi * i / people for i in range(people)]
        frames.append({i: (0.5 + far * math.cos(a), 0.55 + far * math.sin(a)) for i, a in enumerate(ring)})
    return frames


@pytest.mark.parametrize(
    ("speeds", "kinds"),
    [
        ([RUN] * 4, [("running", True)]),
        ([WALK] * 6, []),
        ([1.5] * 6, []),  # a hurried walk
        ([RUN] * 2 + [0.0], []),  # two race
        ([RUN] * 3 + [WALK] * 4, []),  # some run through a crowd that walks
        ([RUN] * 4 + [WALK] * 2, [("running", True)]),
    ],
)
def test_many_who_run_are_told_and_who_walks_is_not(speeds: list[float], kinds: list[tuple[str, bool]]) -> None:
    assert [(event.kind, event.active) for _, event in told(row(speeds, 3.4))] == kinds


def test_it_is_over_when_they_walk_again() -> None:
    frames = row([RUN] * 4, 3.4) + row([0.0] * 4, 5, begin=0.1 + RUN * HEIGHT * 3.4)
    (began, first), (ended, last) = told(frames)
    assert (first.active, last.active) == (True, False)
    assert began <= 3.4 < ended < 7.5
    assert first.speed == pytest.approx(RUN, abs=0.05)


def test_a_crowd_that_runs_apart_is_a_dispersal() -> None:
    ((at, event),) = told(apart(RUN, 8, begins=3.0, seconds=4.6), confirm_s=0.6)
    assert (event.kind, event.active) == ("dispersal", True)
    assert event.people >= 6  # who has reached the rim is cut by it and has no speed
    assert 3.5 < at < 4.7
    assert told(apart(WALK, 8, begins=3.0, seconds=6.0), confirm_s=0.6) == []


def test_where_people_always_run_more_than_ever_must() -> None:
    around = [
        {i: (0.5 + 0.3 * math.cos(a), 0.55 + 0.3 * math.sin(a)) for i in range(5)}
        for n in range(round(900 * FPS))
        for a in [RUN * HEIGHT / 0.3 * n / FPS]
    ]
    events = told(around, burst=3.0)
    assert [event.active for _, event in events] == [True]  # the first time it was new
    watch = RunningWatch(Running(confirm_s=2.0))
    watch._usual = 5.0  # what it has learnt after an hour in which nothing was told
    seen = [Seen(IMAGE, (), tracks(places), n / FPS, NOW) for n, places in enumerate(around[:200])]
    assert [event for one in seen for event in watch.update(one)] == []


def test_a_number_that_jumps_to_another_person_does_not_run() -> None:
    speeds = Speeds()
    found = {}
    for n in range(12):
        x = 0.3 if n < 8 else 0.6
        found = speeds.update(tracks({1: (x, 0.5)}), 1.0, n / FPS)
    assert found[1].amount == 0.0
    assert rush(found, 1.8).people == 0


def test_a_box_cut_by_the_rim_has_no_speed() -> None:
    speeds = Speeds()
    for n in range(10):
        found = speeds.update([Track(1, Box(0.0, 0.5 + 0.03 * n, 0.2, 0.99), 0.9, 0.0)], 1.0, n / FPS)
    assert found == {}


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["students001", "crowds_zara01", "biwi_hotel"])
def test_nobody_runs_in_an_ordinary_crowd(real_data: Path, name: str) -> None:
    """Real ways in metres at 2.5 a second, laid out on a picture of 40 m with people of 1.7 m."""
    frames: dict[float, Places] = defaultdict(dict)
    for line in (real_data / "tracks" / f"{name}.txt").read_text().splitlines():
        frame, number, x, y = (float(part) for part in line.split())
        frames[frame][int(number)] = ((x + 15) / 40, (y + 15) / 40)
    watch, speeds, fastest = RunningWatch(Running(confirm_s=2.0, people=1, share=0.01)), Speeds(), 0.0
    for n, (_, places) in enumerate(sorted(frames.items())):
        height = 1.7 / 40
        people = tuple(Track(i, Box(x - 0.01, y - height, x + 0.01, y), 0.9, 0.0) for i, (x, y) in places.items())
        assert list(watch.update(Seen(IMAGE, (), people, n * 0.4, NOW))) == []
        fastest = max([fastest, *(speed.amount for speed in speeds.update(people, 1.0, n * 0.4).values())])
    assert 0.8 < fastest < 1.8
