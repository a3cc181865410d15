"""How well people are followed, by the field's own measures: CLEAR MOT and IDF1.

CLEAR MOT (Bernardin and Stiefelhagen 2008): a true box and a tracked one are a pair when they overlap by half (IoU);
pairs of the frame before are kept while they hold, the others are made anew at least cost. An identity switch is
counted when a true person is paired with another number than the last time. MOTA = 1 - (missed + false + switches) /
true boxes. IDF1 (Ristani and others 2016) pairs whole ways: twice the boxes on which the best pairing of people and
numbers agrees, over all true and tracked boxes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np

from edge_agent.camera.assignment import FORBIDDEN, assign
from edge_agent.camera.geometry import Box, iou
from edge_agent.camera.tracker import Track

LEAST = 0.5  # IoU of a pair
Boxes = Mapping[int, Box]  # by the person's or the track's number


class Following(msgspec.Struct, frozen=True):
    """The measures of one recording; ``true`` is how many true boxes there were."""

    true: int
    missed: int
    false: int
    switches: int
    fragments: int  # how often a person was lost and found again
    idf1: float

    @property
    def mota(self) -> float:
        """1 is perfect; it may be negative."""
        return 1.0 - (self.missed + self.false + self.switches) / max(1, self.true)


def read_boxes(path: Path, size: tuple[int, int]) -> dict[int, dict[int, Box]]:
    """The people of a MOT15 ground truth by frame (from 1) and number, in shares of ``size``; flag 0 is left out."""
    frames: dict[int, dict[int, Box]] = defaultdict(dict)
    width, height = size
    for line in path.read_text(encoding="utf-8").splitlines():
        frame, number, left, top, w, h, flag, *_ = (float(part) for part in line.split(","))
        if flag:
            box = Box(left / width, top / height, (left + w) / width, (top + h) / height)
            frames[int(frame)][int(number)] = box
    return frames


def boxes_of(tracks: Sequence[Track]) -> dict[int, Box]:
    """Where each number is."""
    return {track.id: track.box for track in tracks}


def following(truth: Sequence[Boxes], tracked: Sequence[Boxes]) -> Following:
    """Compare ``tracked`` with ``truth``, frame by frame."""
    now: dict[int, int] = {}
    last: dict[int, int] = {}
    lost: set[int] = set()
    switches = fragments = pairs = 0
    for true, seen in zip(truth, tracked, strict=True):
        now = _paired(true, seen, now)
        pairs += len(now)
        switches += sum(last.get(person, number) != number for person, number in now.items())
        fragments += len(lost & now.keys())
        lost = (lost | (last.keys() & true.keys())) - now.keys()
        last |= now
    trues, seens = sum(len(one) for one in truth), sum(len(one) for one in tracked)
    return Following(trues, trues - pairs, seens - pairs, switches, fragments, _idf1(truth, tracked, trues + seens))


def _paired(true: Boxes, seen: Boxes, before: Mapping[int, int]) -> dict[int, int]:
    kept = {
        person: number
        for person, number in before.items()
        if person in true and number in seen and iou(true[person], seen[number]) >= LEAST
    }
    people = [person for person in true if person not in kept]
    numbers = [number for number in seen if number not in kept.values()]
    return kept | {people[row]: numbers[column] for row, column in assign(_costs(true, seen, people, numbers))}


def _costs(true: Boxes, seen: Boxes, people: Sequence[int], numbers: Sequence[int]) -> np.ndarray:
    cost = np.full((len(people), len(numbers)), FORBIDDEN)
    for row, person in enumerate(people):
        for column, number in enumerate(numbers):
            overlap = iou(true[person], seen[number])
            if overlap >= LEAST:
                cost[row, column] = 1.0 - overlap
    return cost


def _idf1(truth: Sequence[Boxes], tracked: Sequence[Boxes], boxes: int) -> float:
    together: Counter[tuple[int, int]] = Counter()
    for true, seen in zip(truth, tracked, strict=True):
        for person, here in true.items():
            together.update((person, number) for number, there in seen.items() if iou(here, there) >= LEAST)
    people, numbers = (sorted({pair[side] for pair in together}) for side in (0, 1))
    # Every pair is allowed, at no gain where they never meet, so that the greatest sum is found.
    cost = np.zeros((len(people), len(numbers)))
    for (person, number), count in together.items():
        cost[people.index(person), numbers.index(number)] = -count
    gained = -sum(cost[pair] for pair in assign(cost))
    return 2.0 * float(gained) / max(1, boxes)
