"""A person who stood has fallen and stays down: decided over the shapes of boxes, not over poses.

A box that stood tall becomes low and wide within seconds, near where its feet were, and stays so. Who sits or bends
stays taller than `Fall.low` of the standing height; who is half hidden by a desk becomes low but no wider, and the box
ends above where the feet were; two who become one box stay as tall as they were. A box cut by the picture's rim says
nothing. Who went down and is then no longer found, without anybody who gets up there, still lies there: detectors lose
people who lie, and background subtraction takes whoever is still for background. A person who falls straight towards
or away from the camera keeps a narrow box, and is not told.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import msgspec

from campus.events import CameraFall
from edge_agent.camera.analytics import Fall
from edge_agent.camera.behaviour import MOST
from edge_agent.camera.evidence import still
from edge_agent.camera.geometry import Box
from edge_agent.camera.seen import Seen
from edge_agent.camera.tracker import Track

UPRIGHT = 1.6  # from this height over width a person stands: who sits is at most 1.5
WIDER = 1.4  # who lies is so much wider than standing; who is half hidden is not
NEAR = 1.5  # standing heights from the feet to where the lying body's middle may be
RAISED = 0.35  # standing heights by which the lower edge may have risen: more is a person half hidden
RIM = 0.01  # share of the frame: a box so near the rim is cut by it
LOOKS = 4  # pictures that must show a person down
_LEARN = 0.3  # how much of each picture goes into the standing shape


class Shape(msgspec.Struct, frozen=True):
    """A box in heights of the frame, so that it can be turned; ``cut`` when the rim of the frame cuts it."""

    x: float  # middle
    bottom: float
    width: float
    height: float
    cut: bool

    @property
    def stands(self) -> bool:
        """Whether it is as tall as a standing person's."""
        return self.height >= UPRIGHT * self.width


class Fallen(msgspec.Struct, frozen=True):
    """A fall that is certain now: of whom, for how many seconds they have been down, and where they lie."""

    track: int
    seconds: float
    box: Box


def shape_of(box: Box, aspect: float) -> Shape:
    """The shape of ``box`` in a frame that is ``aspect`` times as wide as high."""
    cut = box.x1 < RIM or box.y1 < RIM or box.x2 > 1 - RIM or box.y2 > 1 - RIM
    return Shape((box.x1 + box.x2) / 2 * aspect, box.y2, box.width * aspect, box.height, cut)


class _Standing(msgspec.Struct, frozen=True):
    """How a person looked while standing, and when last."""

    shape: Shape
    at: float


class _Person:
    """One person: how they stood, and since they went down, where they lie and which looks agree."""

    def __init__(self, standing: _Standing | None = None) -> None:
        self.standing = standing
        self.down_since: float | None = None
        self.box: Box | None = None
        self.looks = self.agreed = 0  # pictures since the fall, and those of them that show the person down
        self.told = False

    def rise(self, shape: Shape, at: float) -> None:
        old = self.standing.shape if self.standing else shape
        width = old.width + _LEARN * (shape.width - old.width)
        height = old.height + _LEARN * (shape.height - old.height)
        self.standing = _Standing(Shape(shape.x, shape.bottom, width, height, False), at)
        self.down_since, self.told, self.looks, self.agreed = None, False, 0, 0

    def lie(self, box: Box, at: float, *, lies: bool) -> None:
        self.down_since = at if self.down_since is None else self.down_since
        self.looks += 1
        self.agreed += lies
        self.box = box if lies else self.box

    @property
    def down(self) -> bool:
        """Whether most looks since the fall agree, and there were enough."""
        return self.looks >= LOOKS and self.agreed >= MOST * self.looks


class Falls:
    """Watches the shapes of all who are followed; times are seconds of the video."""

    def __init__(self, settings: Fall) -> None:
        self._settings = settings
        self._people: dict[int, _Person] = {}
        self._lost: dict[int, tuple[_Person, float]] = {}  # who is followed no more, and since when

    def update(self, tracks: Iterable[Track], aspect: float, at: float) -> list[Fallen]:
        """Take the people of the frame at ``at``; who is certainly down now, each once."""
        present = list(tracks)
        self._forget({track.id for track in present}, at)
        for track in present:
            if track.unseen_s == 0:
                self._look(track, shape_of(track.box, aspect), at)
        down = {**self._people, **{number: person for number, (person, _) in self._lost.items()}}
        return [fallen for number, person in down.items() if (fallen := self._certain(number, person, at)) is not None]

    def _forget(self, present: set[int], at: float) -> None:
        """Who is out of sight may only be hidden, or may have been lost by the fall itself."""
        for number in [number for number in self._people if number not in present]:
            self._lost[number] = (self._people.pop(number), at)
        longest = max(self._settings.turn_s, self._settings.confirm_s)
        self._lost = {
            number: (person, since)
            for number, (person, since) in self._lost.items()
            if at - since <= (longest if person.down else self._settings.turn_s)
        }

    def _look(self, track: Track, shape: Shape, at: float) -> None:
        if shape.cut:
            return
        person = self._people.get(track.id)
        if person is None:
            person = self._people[track.id] = self._returned(shape) or _Person()
        standing = person.standing
        if shape.stands:
            person.rise(shape, at)
        elif standing is not None:
            lies = self._lies(shape, standing.shape)
            if person.down_since is not None or (lies and at - standing.at <= self._settings.turn_s):
                person.lie(track.box, at, lies=lies)

    def _returned(self, shape: Shape) -> _Person | None:
        """The person lost here, when a new number lies where they stood or lay, or stands up from there."""
        for number, (person, _) in self._lost.items():
            standing = person.standing
            if standing is None:
                continue
            if self._lies(shape, standing.shape) or (person.down and shape.stands and _near(shape, standing.shape)):
                del self._lost[number]
                return person
        return None

    def _certain(self, number: int, person: _Person, at: float) -> Fallen | None:
        if person.told or person.down_since is None or person.box is None or not person.down:
            return None
        seconds = at - person.down_since
        if seconds < self._settings.confirm_s:
            return None
        person.told = True
        return Fallen(number, seconds, person.box)

    def _lies(self, shape: Shape, standing: Shape) -> bool:
        low, flat = self._settings.low, self._settings.flat
        return (
            shape.height <= low * standing.height
            and shape.height <= flat * shape.width
            and shape.width >= WIDER * standing.width
            and shape.bottom >= standing.bottom - RAISED * standing.height
            and _near(shape, standing)
        )


def _near(shape: Shape, standing: Shape) -> bool:
    middle = shape.bottom - shape.height / 2
    return math.hypot(shape.x - standing.x, middle - standing.bottom) <= NEAR * standing.height


class FallWatch:
    """Tells each fall, with a still in which the person is hidden and framed."""

    def __init__(self, settings: Fall, *, stills: bool) -> None:
        self._falls = Falls(settings)
        self._stills = stills

    def update(self, seen: Seen) -> Iterator[CameraFall]:
        """Take the next frame."""
        for fallen in self._falls.update(seen.tracks, seen.aspect, seen.at):
            boxes = [*seen.boxes, fallen.box]
            shown = still(seen.image, boxes, fallen.box.corners) if self._stills else None
            yield CameraFall(track=fallen.track, seconds=round(fallen.seconds, 1), still=shown)

    def values(self) -> dict[str, float]:
        """Nothing: a fall is an event."""
        return {}
