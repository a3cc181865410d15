"""The map as shapes of an SVG: outlines and dots projected onto a sheet 1000 wide. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec

from dashboards.city.geojson import District, Polygon, Position, Ring

WIDTH = 1000.0
_MARGIN = 0.04  # of the sheet, around what it shows
_FLATTEST, _TALLEST = 0.45, 1.3  # height by width
_SHIFTS = (0.0, 50.0, -65.0, 100.0, -110.0)  # tried in turn for a name that covers dots
_HALF_WIDTH, _ABOVE, _BELOW = 70.0, 32.0, 44.0  # what a name of two lines covers about its place
_NOTHING = (0.0, 0.0, 1.0, 1.0)


class Sheet(msgspec.Struct, frozen=True):
    """How degrees become places on the sheet: an equirectangular projection, true to scale in its middle."""

    west: float
    north: float
    scale: float  # units for each degree of latitude
    squeeze: float  # how much shorter a degree of longitude is there
    height: float

    def place(self, at: Position) -> Position:
        """Where a longitude and latitude lie on the sheet, to a tenth."""
        x, y = (at[0] - self.west) * self.squeeze * self.scale, (self.north - at[1]) * self.scale
        return round(x, 1), round(y, 1)


def sheet(districts: Sequence[District]) -> Sheet:
    """The sheet that holds ``districts`` whole, in the middle."""
    west, south, east, north = _bounds(ring for one in districts for polygon in one.outline for ring in polygon)
    squeeze = max(0.05, math.cos(math.radians((south + north) / 2)))
    wide, tall = max((east - west) * squeeze, 1e-6), max(north - south, 1e-6)
    room = WIDTH * (1 - 2 * _MARGIN)
    height = min(max(tall / wide, _FLATTEST), _TALLEST) * room
    scale = min(room / wide, height / tall)
    left = (WIDTH - wide * scale) / 2 / scale / squeeze
    above = (height + 2 * _MARGIN * WIDTH - tall * scale) / 2 / scale
    return Sheet(west - left, north + above, scale, squeeze, round(height + 2 * _MARGIN * WIDTH, 1))


def path(outline: Iterable[Polygon], on: Sheet) -> str:
    """The ``d`` of an SVG path; what falls on the same tenth is drawn once."""
    return "".join(_ring(ring, on) for polygon in outline for ring in polygon)


def points(places: Iterable[Position]) -> str:
    """The ``d`` of one path that is a point at each place, drawn by its round ends."""
    return "".join(f"M{x:g},{y:g}h0" for x, y in places)


def middle(outline: Sequence[Polygon], on: Sheet) -> Position:
    """Where a label stands: the centre of gravity of the largest outer ring."""
    rings = [[on.place(at) for at in polygon[0]] for polygon in outline]
    largest = max(rings, key=lambda ring: abs(_area(ring)))
    area = _area(largest)
    if not area:
        return largest[0]
    pairs = list(pairwise(largest))
    x = sum((a[0] + b[0]) * (a[0] * b[1] - b[0] * a[1]) for a, b in pairs) / (6 * area)
    y = sum((a[1] + b[1]) * (a[0] * b[1] - b[0] * a[1]) for a, b in pairs) / (6 * area)
    return round(x, 1), round(y, 1)


def label(outline: Sequence[Polygon], on: Sheet, dots: Sequence[Position]) -> Position:
    """Where a district's name stands: at its middle, or a little above or below when dots lie there."""
    x, y = middle(outline, on)
    free = (y + shift for shift in _SHIFTS if not any(_covers((x, y + shift), dot) for dot in dots))
    return x, round(next(free, y), 1)


def _covers(name: Position, dot: Position) -> bool:
    return abs(dot[0] - name[0]) < _HALF_WIDTH and -_ABOVE < dot[1] - name[1] < _BELOW


def _area(ring: Sequence[Position]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring)) / 2


def _ring(ring: Ring, on: Sheet) -> str:
    points: list[Position] = []
    for at in ring[:-1]:
        point = on.place(at)
        if not points or point != points[-1]:
            points.append(point)
    return "M" + "L".join(f"{x:g},{y:g}" for x, y in points) + "Z"


def _bounds(rings: Iterable[Ring]) -> tuple[float, float, float, float]:
    points = [at for ring in rings for at in ring]
    if not points:
        return _NOTHING
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)
