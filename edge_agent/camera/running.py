"""Many people run at once, or run apart: decided over the ways of tracks in heights of a person.

Heights make near and far people alike and need no calibration: 1.7 m at 1.4 m/s is 0.8 heights a second. Movement
straight towards the camera looks slower than it is, so runners may be missed there; nobody is made faster by it.
"""

from __future__ import annotations

import math
import statistics
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Literal

import msgspec

from campus.events import CameraRunning
from edge_agent.camera.analytics import Running
from edge_agent.camera.behaviour import Lasting
from edge_agent.camera.fall import shape_of
from edge_agent.camera.geometry import Point
from edge_agent.camera.seen import Seen
from edge_agent.camera.tracker import Track

WINDOW_S = 1.0  # of the way over which a speed is measured
LEAST_S = 0.7
STEADY = 0.5  # every step of it must be at least so fast beside the whole: a number that jumps to another person is not
USUAL_S = 600.0  # over which it is learnt how many usually run here
APART = 0.5  # length of the mean direction below which they do not run one way
OUTWARD = 0.7  # share of them who go away from the middle of all


class Speed(msgspec.Struct, frozen=True):
    """How a person moves: heights of a person a second to the right and down, and where (in heights of the frame)."""

    x: float
    y: float
    place: Point

    @property
    def amount(self) -> float:
        """Heights a second, whichever way."""
        return math.hypot(self.x, self.y)


class _Step(msgspec.Struct, frozen=True):
    at: float
    x: float
    y: float
    height: float


class Speeds:
    """The speed of each person who has been in sight for long enough to have one."""

    def __init__(self) -> None:
        self._ways: dict[int, deque[_Step]] = {}

    def update(self, tracks: Iterable[Track], aspect: float, at: float) -> dict[int, Speed]:
        """Take the people of the frame at ``at``. Boxes cut by the rim are left out: their feet are not seen."""
        here = {}
        for track in tracks:
            shape = shape_of(track.box, aspect)
            if track.unseen_s == 0 and not shape.cut:
                here[track.id] = _Step(at, shape.x, shape.bottom, shape.height)
        self._ways = {number: way for number, way in self._ways.items() if at - way[-1].at <= WINDOW_S}
        for number, step in here.items():
            way = self._ways.setdefault(number, deque())
            way.append(step)
            while len(way) > 2 and way[1].at <= at - WINDOW_S:
                way.popleft()
        found = {number: _speed(self._ways[number]) for number in here}
        return {number: speed for number, speed in found.items() if speed is not None}


def _speed(way: deque[_Step]) -> Speed | None:
    first, last = way[0], way[-1]
    seconds = last.at - first.at
    if seconds < LEAST_S or len(way) < 3:
        return None
    height = statistics.median(step.height for step in way)
    across, down = (last.x - first.x) / seconds / height, (last.y - first.y) / seconds / height
    legs = [
        math.hypot(there.x - here.x, there.y - here.y) / max(1e-6, there.at - here.at) / height
        for here, there in pairwise(way)
    ]
    # The slowest leg rules out a jump; the median rules out a leg that was measured badly.
    slow = statistics.median_low(legs) < STEADY * math.hypot(across, down)
    return Speed(0.0, 0.0, (last.x, last.y)) if slow else Speed(across, down, (last.x, last.y))


class Rush(msgspec.Struct, frozen=True):
    """How many run in one frame, which share of those measured, how fast (median), and whether apart."""

    people: int
    share: float
    speed: float
    kind: Literal["running", "dispersal"]


def rush(speeds: Mapping[int, Speed], fast: float) -> Rush:
    """Who of ``speeds`` runs at ``fast`` heights a second or more."""
    runners = [speed for speed in speeds.values() if speed.amount >= fast]
    if not runners:
        return Rush(0, 0.0, 0.0, "running")
    middle = [statistics.fmean(speed.place[axis] for speed in speeds.values()) for axis in (0, 1)]
    one_way = math.hypot(*(statistics.fmean(getattr(one, axis) / one.amount for one in runners) for axis in "xy"))
    outward = [(one.place[0] - middle[0]) * one.x + (one.place[1] - middle[1]) * one.y > 0 for one in runners]
    apart = len(runners) > 2 and one_way <= APART and sum(outward) >= OUTWARD * len(runners)
    median = statistics.median(one.amount for one in runners)
    return Rush(len(runners), len(runners) / len(speeds), median, "dispersal" if apart else "running")


class RunningWatch:
    """Tells that many run, more than usually here, and that it is over."""

    def __init__(self, settings: Running) -> None:
        self._settings = settings
        self._speeds = Speeds()
        self._lasting = Lasting(settings.confirm_s)
        self._usual = 0.0  # how many run here on average
        self._at: float | None = None
        self._rush = Rush(0, 0.0, 0.0, "running")
        self._told: Literal["running", "dispersal"] = "running"

    def update(self, seen: Seen) -> Iterator[CameraRunning]:
        """Take the next frame."""
        self._rush = found = rush(self._speeds.update(seen.tracks, seen.aspect, seen.at), self._settings.speed)
        wanted = self._settings
        many = found.people >= max(wanted.people, wanted.burst * self._usual) and found.share >= wanted.share
        change = self._lasting.update(seen.at, begins=many, over=not many)
        if not self._lasting.active:
            self._learn(found.people, seen.at)
        self._at = seen.at
        if change is not None:
            self._told = found.kind if change else self._told
            yield CameraRunning(
                kind=self._told,
                active=change,
                people=found.people,
                share=round(found.share, 3),
                speed=round(found.speed, 2),
            )

    def values(self) -> dict[str, float]:
        """How many run."""
        return {"running": self._rush.people}

    def _learn(self, people: int, at: float) -> None:
        passed = 0.0 if self._at is None else min(at - self._at, USUAL_S / 10)
        self._usual += passed / USUAL_S * (people - self._usual)
