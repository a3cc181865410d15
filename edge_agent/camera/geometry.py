"""Points, boxes and polygons in shares of the frame: x to the right and y downwards, each 0..1."""

from __future__ import annotations

import math

import msgspec

Point = tuple[float, float]
Polygon = tuple[Point, ...]


class Box(msgspec.Struct, frozen=True):
    """An upright rectangle; (x1, y1) is its upper left corner. It may reach beyond the frame."""

    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def width(self) -> float:
        """Share of the frame's width."""
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        """Share of the frame's height."""
        return self.y2 - self.y1

    @property
    def foot(self) -> Point:
        """Bottom centre: where a standing person touches the ground, so where on the plan they are."""
        return ((self.x1 + self.x2) / 2, self.y2)

    @property
    def corners(self) -> Polygon:
        """The four corners, clockwise from the upper left."""
        return ((self.x1, self.y1), (self.x2, self.y1), (self.x2, self.y2), (self.x1, self.y2))

    def grown(self, share: float) -> Box:
        """This box with every side moved outwards by ``share`` of its width or height."""
        dx, dy = self.width * share, self.height * share
        return Box(self.x1 - dx, self.y1 - dy, self.x2 + dx, self.y2 + dy)


def common_area(a: Box, b: Box) -> float:
    """The area that two boxes share, in shares of the frame."""
    width = min(a.x2, b.x2) - max(a.x1, b.x1)
    height = min(a.y2, b.y2) - max(a.y1, b.y1)
    return width * height if width > 0 and height > 0 else 0.0


def iou(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, 0..1."""
    common = common_area(a, b)
    return common / (a.width * a.height + b.width * b.height - common) if common else 0.0


def inside(point: Point, polygon: Polygon) -> bool:
    """Whether ``point`` lies in ``polygon`` (even-odd rule); of two zones that share an edge, one takes the edge."""
    x, y = point
    found = False
    for (ax, ay), (bx, by) in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        # Half-open in y, so that a ray through a corner counts the corner once.
        if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
            found = not found
    return found


def side(point: Point, a: Point, b: Point) -> float:
    """Signed distance of ``point`` from the line through ``a`` and ``b``; positive to the right of one walking a to b.

    "To the right" is as seen on the screen, where y grows downwards.
    """
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = math.hypot(dx, dy)
    return (dx * (point[1] - a[1]) - dy * (point[0] - a[0])) / length


def segments_meet(p: Point, q: Point, a: Point, b: Point) -> bool:
    """Whether the way from ``p`` to ``q`` crosses the segment from ``a`` to ``b``."""
    return side(p, a, b) * side(q, a, b) <= 0 and p != q and side(a, p, q) * side(b, p, q) <= 0
