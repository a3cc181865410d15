"""What lies in a picture that did not use to: new edges that stand still, whatever the light does.

Two memories of the edges are compared, the usual view (minutes) and the last seconds (Porikli and others 2008 call it
dual background). Edges keep their direction through clouds, dusk, lamps and infrared; a shadow has an edge too, but
only along its rim, and nobody has brought it: only things are followed that somebody was near when they appeared.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Container, Iterable, Sequence

import cv2
import msgspec
import numpy as np
import numpy.typing as npt

from edge_agent.camera.analytics import Objects
from edge_agent.camera.detector import Image
from edge_agent.camera.geometry import Box, common_area
from edge_agent.camera.look import Directions, edges_of
from edge_agent.camera.tracker import Track

WIDTH = 320  # pictures are compared at this width
LOOK_S = 0.5  # seconds of video between two looks
_WARM_UP = 20  # looks until the usual view is known
_SLOW = 600  # looks over which the usual view follows the sun
_QUICK = 0.3  # how much of each look goes into the last seconds
_NEW = 0.2  # clearness of an edge that the usual view does not explain
_STORM = 0.08  # share of the picture that may be new at once: more is another light or another view
_CLOSE = 9  # pixels over which the edges of one thing are joined
_ONE_WAY = 0.75  # agreement of the directions of edges from which they are one line
_COVERED = 0.5  # share of a side of the box along which there are edges
_BROUGHT_S = 10.0  # how long before its appearance somebody must have been at the place
_STAYS_S = 3.0  # who is beside a thing for so long looks after it
_MARGIN = 0.3  # share by which boxes of people are grown: arms and shadows
_LOST_S = 3.0  # a thing that is not seen for so long, with nobody before it, is gone


class Thing(msgspec.Struct, frozen=True):
    """A thing that lies where nothing lay: since when, and since when nobody has been near. Seconds of the video."""

    number: int
    box: Box
    since: float
    alone_since: float


class _Seen:
    def __init__(self, thing: Thing, *, brought: bool) -> None:
        self.thing = thing
        self.seen_at = thing.since
        self.brought = brought
        self.beside: dict[int, float] = {}  # who is beside it, and since when

    def attended(self, tracks: Sequence[Track], reach: float, aspect: float, at: float) -> bool:
        """Whether somebody stays beside it: who only walks past does not look after it."""
        here = {track.id for track in tracks if _beside(self.thing.box, track.box, reach, aspect)}
        self.beside = {track: self.beside.get(track, at) for track in here}
        return any(at - since >= _STAYS_S for since in self.beside.values())


class Things:
    """Follows things that people have left; `update` wants every picture and looks at two a second."""

    def __init__(self, settings: Objects) -> None:
        self._settings = settings
        self._next = float("-inf")
        self._usual: Directions | None = None
        self._now: Directions | None = None
        self._looks = 0
        self._people: deque[tuple[float, tuple[Box, ...]]] = deque()
        self._found: list[_Seen] = []
        self._number = 0

    def update(self, image: Image, tracks: Sequence[Track], at: float) -> list[Thing]:
        """Take the picture at ``at`` with the people in it; the things that lie there now."""
        if at >= self._next:
            self._next = at + LOOK_S - 1e-6
            self._look(edges_of(image, WIDTH), tracks, image.shape[1] / image.shape[0], at)
        return [one.thing for one in self._found if one.brought]

    def _look(self, edges: Directions, tracks: Sequence[Track], aspect: float, at: float) -> None:
        people = [track.box.grown(_MARGIN) for track in tracks]
        self._people.append((at, tuple(people)))
        while self._people[0][0] < at - _BROUGHT_S - _LOST_S:
            self._people.popleft()
        if self._usual is None or self._now is None or self._usual.shape != edges.shape:
            self._usual, self._now, self._looks = edges, edges, 0
        self._looks += 1
        self._now = self._now + _QUICK * (edges - self._now)
        new = unexplained(self._now, self._usual) >= _NEW
        storm = new.mean() > _STORM
        if self._looks > _WARM_UP and not storm:
            attended = {
                one.thing.number for one in self._found if one.attended(tracks, self._settings.near, aspect, at)
            }
            self._follow(self._boxes(new, self._now), people, attended, at)
        self._learn(edges, people, storm=bool(storm))

    def _boxes(self, new: npt.NDArray[np.bool_], edges: Directions) -> list[Box]:
        kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (_CLOSE, _CLOSE))
        mask = cv2.morphologyEx(new.astype(np.uint8), cv2.MORPH_CLOSE, kernel)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        rows, columns = new.shape
        found = []
        for number, (x, y, w, h, _) in enumerate(stats[1:].tolist(), start=1):
            box = Box(x / columns, y / rows, (x + w) / columns, (y + h) / rows)
            if self._settings.least <= box.width * box.height <= self._settings.most:
                part = (slice(y, y + h), slice(x, x + w))
                if has_sides((labels[part] == number) & new[part], edges[part]):
                    found.append(box)
        return found

    def _follow(self, boxes: list[Box], people: list[Box], attended: Container[int], at: float) -> None:
        left = list(boxes)
        for one in self._found:
            here = next((box for box in left if _same(box, one.thing.box)), None)
            hidden = _touch(one.thing.box, people)
            if here is not None:
                left.remove(here)
            if here is not None or hidden:  # who stands before a thing hides it and does not take it away
                one.seen_at = at
            one.thing = msgspec.structs.replace(
                one.thing,
                box=here if here is not None and not hidden else one.thing.box,
                alone_since=at if one.thing.number in attended else one.thing.alone_since,
            )
        self._found = [one for one in self._found if at - one.seen_at <= _LOST_S]
        for box in left:
            self._number += 1
            brought = any(_touch(box, boxes_) for _, boxes_ in self._people)
            self._found.append(_Seen(Thing(self._number, box, at, at), brought=brought))

    def _learn(self, edges: Directions, people: Iterable[Box], *, storm: bool) -> None:
        """Let the look go into the usual view, but for people and for things that were brought."""
        if self._usual is None:
            return
        share = 1.0 / (self._looks if self._looks <= _WARM_UP else _WARM_UP if storm else _SLOW)
        weight = np.full(edges.shape, share, dtype=np.float32)
        if self._looks > _WARM_UP and not storm:
            for box in [*people, *(one.thing.box.grown(0.1) for one in self._found if one.brought)]:
                rows, columns = edges.shape
                top, bottom = max(0, int(box.y1 * rows)), max(0, int(box.y2 * rows) + 1)
                weight[top:bottom, max(0, int(box.x1 * columns)) : max(0, int(box.x2 * columns) + 1)] = 0.0
        self._usual = np.asarray(self._usual + weight * (edges - self._usual), dtype=np.complex64)

    def absorb(self, number: int) -> None:
        """A thing belongs here from now on."""
        if self._usual is None or self._now is None:
            return
        for one in [one for one in self._found if one.thing.number == number]:
            rows, columns = self._usual.shape
            box = one.thing.box.grown(0.2)
            part = (
                slice(max(0, int(box.y1 * rows)), max(0, int(box.y2 * rows) + 1)),
                slice(max(0, int(box.x1 * columns)), max(0, int(box.x2 * columns) + 1)),
            )
            self._usual[part] = self._now[part]
            self._found.remove(one)


def has_sides(new: npt.NDArray[np.bool_], edges: Directions) -> bool:
    """Whether new edges lie around something: run in more than one direction, and along three sides of their box.

    The rim of a shadow or of a sunbeam is a line, or a corner at most.
    """
    if float(abs(edges[new].sum())) > _ONE_WAY * float(np.abs(edges[new]).sum()):
        return False
    height, width = new.shape
    rim_y, rim_x = -(-height // 4), -(-width // 4)
    along = (
        new[:rim_y].any(axis=0).mean(),
        new[-rim_y:].any(axis=0).mean(),
        new[:, :rim_x].any(axis=1).mean(),
        new[:, -rim_x:].any(axis=1).mean(),
    )
    return sum(float(share) >= _COVERED for share in along) >= 3


def unexplained(now: Directions, usual: Directions) -> npt.NDArray[np.float32]:
    """For each pixel how clear an edge is that ``usual`` has not, or has in another direction; 0..1."""
    strength = np.abs(now)
    along = (usual.conj() * now).real / np.maximum(strength, 1e-4)
    # What was faint and is clear now is the light: half of an edge explains all of it.
    return np.asarray(strength - 2.0 * np.clip(along, 0.0, strength / 2.0), dtype=np.float32)


def _same(first: Box, second: Box) -> bool:
    """Whether one of two boxes lies mostly in the other: a thing and who put it there are one at first."""
    smaller = min(first.width * first.height, second.width * second.height)
    return common_area(first, second) >= 0.5 * smaller


def _beside(thing: Box, person: Box, reach: float, aspect: float) -> bool:
    """Whether the feet of a person are within ``reach`` of their own heights from the thing."""
    (x, y), (there, foot) = thing.foot, person.foot
    return math.hypot((x - there) * aspect, y - foot) <= reach * person.height


def _touch(box: Box, others: Iterable[Box]) -> bool:
    return any(common_area(box, other) > 0 for other in others)
