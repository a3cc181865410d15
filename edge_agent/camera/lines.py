"""Count who crosses a line, and which way; standing or trembling on the line counts nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from edge_agent.camera.geometry import Point, segments_meet, side
from edge_agent.camera.tracker import Track

# How far beyond the line a foot must be, in heights of the person: about the tremble of a detected foot point.
HYSTERESIS = 0.05
FORGET_S = 60.0


class Crossing(msgspec.Struct, frozen=True):
    """One person crossed one line. ``in`` is towards the right hand of one walking from the line's a to its b."""

    line: str
    track: int
    direction: Literal["in", "out"]


class _Place(msgspec.Struct, frozen=True):
    point: Point
    right: bool  # on which side of the line
    at: float


class LineCounter:
    """Counts crossings of the segment from ``a`` to ``b`` by foot points; ``ins`` and ``outs`` only grow.

    A person counts when the foot point came clearly (`HYSTERESIS`) to the other side, and the way from the last clear
    place crosses the segment itself, not only the endless line through it.
    """

    def __init__(self, name: str, a: Point, b: Point) -> None:
        if a == b:
            raise ValueError(f"line {name!r} needs two different points")
        self.name = name
        self._a = a
        self._b = b
        self._last: dict[int, _Place] = {}
        self.ins = 0
        self.outs = 0

    def update(self, tracks: Iterable[Track], at: float) -> list[Crossing]:
        """Take the people of the frame at ``at`` seconds of the video; return the crossings completed in it."""
        crossings = [crossing for track in tracks if (crossing := self._step(track, at)) is not None]
        self._last = {key: place for key, place in self._last.items() if at - place.at <= FORGET_S}
        return crossings

    def _step(self, track: Track, at: float) -> Crossing | None:
        if track.unseen_s > 0:  # a guessed position crosses nothing
            return None
        foot = track.box.foot
        distance = side(foot, self._a, self._b)
        if abs(distance) < HYSTERESIS * track.box.height:
            return None
        before, here = self._last.get(track.id), _Place(foot, distance > 0, at)
        self._last[track.id] = here
        if before is None or before.right == here.right:
            return None
        if not segments_meet(before.point, foot, self._a, self._b):
            return None
        return self._count(track.id, here.right)

    def _count(self, track: int, inwards: bool) -> Crossing:
        self.ins += inwards
        self.outs += not inwards
        return Crossing(self.name, track, "in" if inwards else "out")
