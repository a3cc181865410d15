"""Who walks where before the rendered camera: visits by the hour, each at a walking pace whatever the clock's speed."""

from __future__ import annotations

import bisect
from datetime import date, datetime, time, timedelta
from random import Random

import msgspec

from simulator.chance import chance
from simulator.day.incidents import script
from simulator.school.bells import bell_at, is_school_day
from simulator.school.values import SimulatedSchool

Point = tuple[float, float]  # share of the frame: x to the right, y down; of a person, where the feet stand

CROSSING_S = 10.0  # wall seconds for a walk across the picture
_NEAREST, _FARTHEST = 0.92, 0.70  # where feet of people on the path stand: well in front of the fence
# The intruder comes along the path, goes up to the fence, walks along it and away: 16 s, ten of them at the fence.
_INTRUDER = (((-0.05, 0.72), 0.0), ((0.20, 0.40), 3.5), ((0.72, 0.41), 13.0), ((1.05, 0.70), 16.0))
# The passer-by walks parallel to the fence, near it but a step outside the zone.
_PASSER_BY = (((-0.06, 0.64), 0.0), ((1.06, 0.64), 12.0))
_LOOK_AGAIN = timedelta(minutes=10)
# How many people are in the picture on average, by the part of the day.
_BUSY = {"arrival": 2.2, "lesson": 0.25, "break": 2.4, "exercise": 2.6, "lunch": 0.8, "dismissal": 2.4}


class Visit(msgspec.Struct, frozen=True):
    """One person's walk: corners of the way with the wall seconds after ``start`` at which they are reached."""

    start: datetime
    way: tuple[tuple[Point, float], ...]
    look: int  # picks clothes and height
    known: str = ""  # "intruder" or "passer-by" of the day's incidents

    @property
    def seconds(self) -> float:
        """How long it lasts on the wall's clock."""
        return self.way[-1][1]


class Figure(msgspec.Struct, frozen=True):
    """A person in the picture now: feet, and how far through the walk in wall seconds (for the legs)."""

    feet: Point
    walked_s: float
    look: int
    known: str = ""


class Scene:
    """The visits of one day; by a clock of ``speed``, a walk of 10 s on the wall takes ``10 * speed`` s."""

    def __init__(self, school: SimulatedSchool, day: date, speed: float = 1.0) -> None:
        self.speed = speed
        self.visits = _visits(school, day, speed)
        self._starts = [visit.start for visit in self.visits]
        self._longest = timedelta(seconds=max((visit.seconds for visit in self.visits), default=0.0) * speed)

    def figures(self, now: datetime) -> list[Figure]:
        """Everybody in the picture at ``now``, the farthest first."""
        first = bisect.bisect_left(self._starts, now - self._longest)
        last = bisect.bisect_right(self._starts, now)
        found = []
        for visit in self.visits[first:last]:
            walked_s = (now - visit.start).total_seconds() / self.speed
            if walked_s <= visit.seconds:
                found.append(Figure(_feet(visit, walked_s), walked_s, visit.look, visit.known))
        return sorted(found, key=lambda figure: figure.feet[1])

    def count(self, now: datetime) -> int:
        """How many people a perfect camera counts at ``now``: those whose feet are within the frame."""
        return sum(0.0 <= figure.feet[0] <= 1.0 for figure in self.figures(now))


def _feet(visit: Visit, walked_s: float) -> Point:
    for (here, left_at), (there, reached_at) in zip(visit.way, visit.way[1:], strict=False):
        if walked_s <= reached_at:
            share = (walked_s - left_at) / (reached_at - left_at)
            return here[0] + (there[0] - here[0]) * share, here[1] + (there[1] - here[1]) * share
    return visit.way[-1][0]


def _visits(school: SimulatedSchool, day: date, speed: float) -> list[Visit]:
    """Known visits of the incidents, and chance ones that keep clear of them: a crowd would hide the truth."""
    played = script(school, day)
    known = []
    if played.passer_by_at is not None:
        known.append(Visit(played.passer_by_at, _PASSER_BY, 3, "passer-by"))
    if played.intruder_at is not None:
        known.append(Visit(played.intruder_at, _INTRUDER, 5, "intruder"))
    margin = timedelta(seconds=3 * speed)
    spans = [(visit.start - margin, visit.start + margin + timedelta(seconds=visit.seconds * speed)) for visit in known]
    walk = timedelta(seconds=CROSSING_S * 1.3 * speed)
    ordinary = [
        visit
        for visit in _ordinary(school, day, speed)
        if all(visit.start + walk < start or visit.start > end for start, end in spans)
    ]
    return sorted([*known, *ordinary], key=lambda visit: visit.start)


def _ordinary(school: SimulatedSchool, day: date, speed: float) -> list[Visit]:
    """Chance visits, so spaced that the average number of people in the picture is the same at every speed."""
    draw = chance(school.seed, "scene", day)
    at, end = school.moment(day, time(6, 45)), school.moment(day, time(18, 0))
    open_ = is_school_day(school, day)
    found: list[Visit] = []
    while at < end:
        bell = bell_at(school, at.astimezone(school.zone).time()) if open_ else None
        busy = _BUSY[bell.kind] if bell is not None else 0.15
        wait = timedelta(seconds=draw.expovariate(busy / CROSSING_S) * speed)
        at += min(wait, _LOOK_AGAIN)
        # Waiting forgets how long it has lasted, so after a look at the hour it may simply begin anew.
        if wait <= _LOOK_AGAIN and at < end:
            found.append(_crossing(at, draw))
    return found


def _crossing(at: datetime, draw: Random) -> Visit:
    near, far = draw.uniform(_FARTHEST, _NEAREST), draw.uniform(_FARTHEST, _NEAREST)
    ends = ((-0.08, near), (1.08, far)) if draw.random() < 0.5 else ((1.08, near), (-0.08, far))
    seconds = CROSSING_S * draw.uniform(0.85, 1.25)
    return Visit(at, ((ends[0], 0.0), (ends[1], seconds)), draw.randrange(1_000_000))
