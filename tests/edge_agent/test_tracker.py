"""Following people: numbers stay with people through gaps, crossings and low scores."""

import itertools
import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from edge_agent.camera.assignment import FORBIDDEN, assign
from edge_agent.camera.detector import Detection
from edge_agent.camera.geometry import Box, iou
from edge_agent.camera.tracker import Track, Tracker


def person(x: float, y: float = 0.8, score: float = 0.9, height: float = 0.3) -> Detection:
    return Detection(Box(x - height / 6, y - height, x + height / 6, y), score)


def follow(frames: Iterable[list[Detection]], period: float = 0.2) -> list[list[Track]]:
    tracker = Tracker()
    return [tracker.update(frame, number * period) for number, frame in enumerate(frames)]


def walk(begin: float, step: float, count: int) -> list[float]:
    return [begin + step * number for number in range(count)]


def test_the_assignment_is_the_cheapest_of_all() -> None:
    chance = np.random.default_rng(4)
    for _ in range(200):
        cost = chance.random(chance.integers(1, 6, 2))
        rows, columns = cost.shape
        wide = cost if rows <= columns else cost.T
        best = min(
            sum(wide[i, c] for i, c in enumerate(chosen))
            for chosen in itertools.permutations(range(wide.shape[1]), wide.shape[0])
        )
        pairs = assign(cost)
        assert len(pairs) == min(rows, columns)
        assert sum(cost[pair] for pair in pairs) == pytest.approx(best)


def test_a_forbidden_pair_is_never_made() -> None:
    assert assign(np.array([[FORBIDDEN, 0.5], [FORBIDDEN, 0.1]])) == [(1, 1)]
    assert assign(np.zeros((0, 3))) == []


def test_a_walker_keeps_one_number_and_is_shown_from_the_third_frame() -> None:
    shown = follow([person(x)] for x in walk(0.1, 0.03, 20))
    assert [len(tracks) for tracks in shown] == [0, 0] + [1] * 18
    assert {track.id for tracks in shown for track in tracks} == {1}
    assert shown[-1][0].box.foot == pytest.approx((0.67, 0.8), abs=0.02)


def test_two_who_pass_each_other_keep_their_numbers() -> None:
    # They walk at different depths, so that their boxes overlap in part.
    shown = follow(
        [person(a, 0.8), person(b, 0.72)] for a, b in zip(walk(0.2, 0.02, 30), walk(0.8, -0.02, 30), strict=True)
    )
    begin = {track.id: track.box.foot[0] < 0.5 for track in shown[3]}
    end = {track.id: track.box.foot[0] < 0.5 for track in shown[-1]}
    assert len(begin) == 2
    assert end == {number: not left for number, left in begin.items()}


def test_someone_hidden_for_a_second_comes_back_under_the_same_number() -> None:
    ways = walk(0.1, 0.03, 25)
    shown = follow([] if 10 <= number < 15 else [person(x)] for number, x in enumerate(ways))
    assert [len(shown[number]) for number in (9, 11, 14, 15)] == [1, 1, 0, 1]  # counted while the gap is short
    assert {track.id for tracks in shown for track in tracks} == {1}


def test_someone_gone_for_long_gets_a_new_number() -> None:
    shown = follow([] if 10 <= number < 25 else [person(0.5)] for number in range(40))
    assert shown[-1][0].id != shown[5][0].id


def test_a_weak_detection_continues_a_person_but_begins_none() -> None:
    scores = [0.9, 0.9, 0.9, 0.25, 0.25, 0.25, 0.25, 0.25, 0.9]
    shown = follow(
        [person(x, score=score), person(0.9, score=0.25)] for x, score in zip(walk(0.2, 0.02, 9), scores, strict=True)
    )
    assert [len(tracks) for tracks in shown] == [0, 0] + [1] * 7
    assert all(track.unseen_s == 0 for tracks in shown for track in tracks)


def test_a_single_false_alarm_is_never_shown() -> None:
    shown = follow([[person(0.5)] if number in (3, 20, 40) else [] for number in range(50)])
    assert not any(shown)


def test_a_bin_that_scores_middling_and_never_moves_is_no_person() -> None:
    shown = follow([person(0.5 + 0.002 * (number % 2), score=0.5)] for number in range(50))
    assert not any(shown)


def test_someone_who_stands_still_and_is_seen_clearly_is_a_person() -> None:
    shown = follow([person(0.5, score=0.8 if number % 20 == 0 else 0.5)] for number in range(100))
    assert len(shown[-1]) == 1


def test_who_walks_out_of_the_frame_is_gone_at_once() -> None:
    shown = follow([[person(x)] if x < 0.99 else [] for x in walk(0.7, 0.04, 10)])
    assert len(shown[-3]) <= 1
    assert shown[-1] == []


def test_the_numbers_of_two_trackers_do_not_depend_on_each_other() -> None:
    one, other = Tracker(), Tracker()
    for number in range(4):
        one.update([person(0.2), person(0.6)], number * 0.2)
        tracks = other.update([person(0.4)], number * 0.2)
    assert [track.id for track in tracks] == [1]


def test_a_low_and_uneven_frame_rate_loses_nobody() -> None:
    chance, at, tracker, seen = random.Random(3), 0.0, Tracker(), set()
    while at < 12:
        seen |= {track.id for track in tracker.update([person(0.1 + 0.06 * at)], at)}
        at += chance.uniform(0.15, 0.6)
    assert seen == {1}


# -- real positions ----------------------------------------------------------------------------------------------------


def mot_frames(path: Path, size: tuple[int, int]) -> dict[int, list[tuple[int, Detection]]]:
    frames: dict[int, list[tuple[int, Detection]]] = defaultdict(list)
    for line in path.read_text().splitlines():
        frame, number, left, top, width, height, flag, *_ = (float(part) for part in line.split(","))
        if flag:
            w, h = size
            box = Box(left / w, top / h, (left + width) / w, (top + height) / h)
            frames[int(frame)].append((int(number), Detection(box, 0.9)))
    return frames


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "size", "fps"),
    [("ADL-Rundle-6", (1920, 1080), 30), ("ETH-Sunnyday", (640, 480), 14), ("KITTI-13", (1242, 375), 10)],
)
@pytest.mark.parametrize("drop", [0.0, 0.2])
def test_true_boxes_keep_their_numbers_most_of_the_way(
    real_data: Path, name: str, size: tuple[int, int], fps: int, drop: float
) -> None:
    chance, tracker = random.Random(1), Tracker()
    owner: dict[int, int] = {}
    switches = matched = people = 0
    for frame, truth in sorted(mot_frames(real_data / "tracks" / f"{name}.gt.txt", size).items()):
        seen = [detection for _, detection in truth if chance.random() >= drop]
        tracks = tracker.update(seen, frame / fps)
        for number, detection in truth:
            people += 1
            best = max(tracks, key=lambda track: iou(track.box, detection.box), default=None)
            if best is not None and iou(best.box, detection.box) >= 0.4:
                matched += 1
                switches += owner.get(number, best.id) != best.id
                owner[number] = best.id
    print(f"{name} drop {drop}: {matched}/{people} matched, {switches} switches")
    assert matched / people > 0.7
    assert switches / people < 0.03


@pytest.mark.real_data
def test_a_crowd_of_75_is_followed_in_time(real_data: Path) -> None:
    frames: dict[float, list[Detection]] = defaultdict(list)
    for line in (real_data / "tracks" / "students001.txt").read_text().splitlines():
        frame, _, x, y = (float(part) for part in line.split())
        frames[frame].append(person(x / 16, y / 16, height=0.08))
    tracker, counts = Tracker(), Counter[int]()
    for number, (_, seen) in enumerate(sorted(frames.items())):
        counts[len(tracker.update(seen, number * 0.4)) - len(seen)] += 1
    assert max(len(seen) for seen in frames.values()) >= 70
    assert sum(count for error, count in counts.items() if abs(error) <= 15) > 0.9 * counts.total()
