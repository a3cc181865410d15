"""How many people sit in a room: by places where somebody is found again and again, with an error band.

Who sits behind a desk is found in one picture and missed in the next, so the count of one picture is too low whatever
the threshold. But who sits stays where they are: over some looks each person leaves a heap of detections, and heaps can
be counted. Places found in a middling share of the looks are what the count may be off by. No face is looked for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np

from campus.events import Event
from edge_agent.camera.analytics import HeadCount
from edge_agent.camera.detector import Detection, Detector, Image
from edge_agent.camera.geometry import Box, Polygon, common_area, inside, iou
from edge_agent.camera.seen import Seen

DOUBTFUL, CERTAIN = 0.15, 0.5  # shares of the looks: below nobody, above certainly somebody
_ONE = 0.3  # boxes that overlap more (IoU) from look to look are one place
_WITHIN = 0.75  # a box that lies so far within another at the rim of a tile is a part of it
_OVERLAP = 0.25  # share of a tile's width by which it reaches into its neighbour, so that nobody is cut in two twice


class Counted(msgspec.Struct, frozen=True):
    """How many are there, and by how many that may be wrong either way."""

    people: int
    band: int


class Places:
    """Counts the places of the last ``looks`` looks."""

    def __init__(self, settings: HeadCount) -> None:
        self._settings = settings
        self._looks: deque[tuple[Box, ...]] = deque(maxlen=settings.looks)

    def update(self, boxes: Sequence[Box]) -> Counted | None:
        """Take who was found in a look; None until a third of the looks are there."""
        self._looks.append(tuple(boxes))
        if len(self._looks) * 3 < self._settings.looks:
            return None
        shares = [hits / len(self._looks) for hits in self._heaps()]
        people = sum(share >= self._settings.seen for share in shares)
        low = sum(share >= max(CERTAIN, self._settings.seen) for share in shares)
        high = sum(share >= min(DOUBTFUL, self._settings.seen) for share in shares)
        # Who is hidden in every look leaves no heap: the band never says that the count is exact.
        return Counted(people, max(people - low, high - people, round(0.1 * people), 1 if people else 0))

    def _heaps(self) -> list[int]:
        """In how many looks each place was found."""
        places: list[tuple[Box, int]] = []
        for boxes in self._looks:
            taken: set[int] = set()
            for box in boxes:
                best = max(
                    (i for i in range(len(places)) if i not in taken),
                    key=lambda i: iou(places[i][0], box),
                    default=None,
                )
                if best is None or iou(places[best][0], box) < _ONE:
                    taken.add(len(places))
                    places.append((box, 1))
                else:
                    taken.add(best)
                    places[best] = (_mean(places[best][0], box), places[best][1] + 1)
        return [hits for _, hits in places]


def _mean(old: Box, new: Box, share: float = 0.3) -> Box:
    mixed = [a + share * (b - a) for a, b in ((old.x1, new.x1), (old.y1, new.y1), (old.x2, new.x2), (old.y2, new.y2))]
    return Box(*mixed)


class HeadCountWatch:
    """Counts who sits there every `HeadCount.every_s`; ``score`` is from which a detection counts."""

    def __init__(self, settings: HeadCount, detector: Detector, score: float, ignore: Sequence[Polygon]) -> None:
        self._every_s = settings.every_s
        self._tiled = TiledDetector(detector, settings.tiles) if settings.tiles > 1 else None
        self._places = Places(settings)
        self._score = score
        self._ignore = ignore
        self._next = float("-inf")
        self._counted: Counted | None = None

    def update(self, seen: Seen) -> Iterator[Event]:
        """Take the next frame; a count is a reading and no event."""
        if seen.at >= self._next:
            self._next = seen.at + self._every_s - 1e-6
            found = without_twins(seen.detections) if self._tiled is None else self._tiled.detect(seen.image)
            self._counted = self._places.update([one.box for one in found if self._counts(one)])
        return iter(())

    def values(self) -> dict[str, float]:
        """``people``, which takes the place of the count of those who are followed, and how far it may be off."""
        counted = self._counted
        return {} if counted is None else {"people": counted.people, "people.band": counted.band}

    def _counts(self, one: Detection) -> bool:
        return one.score >= self._score and not any(inside(one.box.foot, area) for area in self._ignore)


class TiledDetector:
    """A detector that looks at the whole picture and at ``tiles`` columns of it, where heads are larger.

    Slicing follows SAHI (Akyol and others 2022). Tiles are as high as wide, so columns of a wide picture have rows too.
    """

    def __init__(self, detector: Detector, tiles: int) -> None:
        self._detector = detector
        self._tiles = tiles

    def detect(self, image: Image) -> list[Detection]:
        """The people in ``image``, best first."""
        found = list(self._detector.detect(image))
        if self._tiles > 1:
            for tile in tiles_of(image.shape[1] / image.shape[0], self._tiles):
                found += [
                    _placed(one, tile) for one in self._detector.detect(_cut(image, tile)) if not _halved(one, tile)
                ]
        return without_twins(found)


def tiles_of(aspect: float, columns: int) -> list[Box]:
    """Overlapping tiles over a picture that is ``aspect`` times as wide as high."""
    rows = max(1, round(columns / aspect))
    across, down = _starts(columns), _starts(rows)
    return [Box(x, y, x + across[1], y + down[1]) for y in down[0] for x in across[0]]


def _starts(count: int) -> tuple[list[float], float]:
    size = 1.0 / (count - (count - 1) * _OVERLAP)
    return [i * size * (1 - _OVERLAP) for i in range(count)], size


def _cut(image: Image, tile: Box) -> Image:
    height, width = image.shape[:2]
    part = image[round(tile.y1 * height) : round(tile.y2 * height), round(tile.x1 * width) : round(tile.x2 * width)]
    return np.ascontiguousarray(part)


def _placed(one: Detection, tile: Box) -> Detection:
    box = one.box
    return Detection(
        Box(
            tile.x1 + box.x1 * tile.width,
            tile.y1 + box.y1 * tile.height,
            tile.x1 + box.x2 * tile.width,
            tile.y1 + box.y2 * tile.height,
        ),
        one.score,
    )


def _halved(one: Detection, tile: Box) -> bool:
    """Whether the tile's own rim cuts the person, who is then whole in the neighbour or in the picture."""
    box, near = one.box, 0.01
    return bool(
        (tile.x1 > 0.001 and box.x1 < near)
        or (tile.x2 < 0.999 and box.x2 > 1 - near)
        or (tile.y1 > 0.001 and box.y1 < near)
        or (tile.y2 < 0.999 and box.y2 > 1 - near)
    )


def without_twins(found: Sequence[Detection]) -> list[Detection]:
    """The better one of any two that are the same person: alike, or one mostly within the other."""
    kept: list[Detection] = []
    for one in sorted(found, key=lambda detection: -detection.score):
        if not any(_twins(one.box, other.box) for other in kept):
            kept.append(one)
    return kept


def _twins(first: Box, second: Box) -> bool:
    sizes = [box.width * box.height for box in (first, second)]
    common = common_area(first, second)
    # A head within the body it belongs to, seen at two scales; but a child before an adult is no part of them.
    part = common >= _WITHIN * min(sizes) and min(sizes) >= 0.3 * max(sizes)
    return part or iou(first, second) > 0.5
