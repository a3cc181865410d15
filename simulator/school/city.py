"""A city that does not exist, as GeoJSON: three invented districts on a coast and twelve schools."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

Line = tuple[tuple[float, float], ...]

# Borders are drawn once and shared, so that no gap opens between two districts.
_MEETING = (121.545, 29.868)
_NORTH_WEST: Line = (_MEETING, (121.52, 29.89), (121.505, 29.93), (121.475, 29.95), (121.46, 29.99))
_EAST: Line = (_MEETING, (121.58, 29.875), (121.61, 29.86), (121.65, 29.865), (121.70, 29.85))
_SOUTH_WEST: Line = (_MEETING, (121.53, 29.845), (121.50, 29.835), (121.485, 29.80), (121.45, 29.775))
_COAST: Line = (
    (121.46, 29.99), (121.50, 30.005), (121.55, 29.99), (121.59, 30.0), (121.64, 29.975), (121.66, 29.94),
    (121.70, 29.92), (121.705, 29.88), (121.70, 29.85),
)  # fmt: skip
_PLAIN: Line = (
    (121.70, 29.85), (121.71, 29.80), (121.68, 29.765), (121.62, 29.75), (121.56, 29.74), (121.50, 29.755),
    (121.45, 29.775),
)  # fmt: skip
_HILLS: Line = (
    (121.45, 29.775), (121.41, 29.80), (121.385, 29.85), (121.37, 29.90), (121.39, 29.95), (121.42, 29.985),
    (121.46, 29.99),
)  # fmt: skip
DISTRICTS: tuple[tuple[str, str, str, Line], ...] = (
    ("harbour", "港湾区", "Harbour", (*_NORTH_WEST, *_COAST[1:], *_EAST[-2::-1])),
    ("waterside", "水乡区", "Waterside", (*_EAST, *_PLAIN[1:], *_SOUTH_WEST[-2::-1])),
    ("foothill", "山前区", "Foothill", (*_SOUTH_WEST, *_HILLS[1:], *_NORTH_WEST[-2::-1])),
)
# The first one is the school that the demo plays; the last lies in no map yet and is known by its district only.
SCHOOLS: tuple[tuple[str, str, str, str, tuple[float, float] | None], ...] = (
    ("school-1", "港湾中学", "Harbour Middle School", "harbour", (121.585, 29.935)),
    ("harbour-2", "码头小学", "Quay Primary School", "harbour", (121.54, 29.965)),
    ("harbour-3", "灯塔小学", "Lighthouse Primary School", "harbour", (121.645, 29.925)),
    ("harbour-4", "东堤中学", "East Dyke Middle School", "harbour", (121.66, 29.885)),
    ("harbour-5", "屿上教学点", "Islet Teaching Point", "harbour", (121.60, 29.985)),
    ("waterside-1", "水乡中学", "Waterside Middle School", "waterside", (121.58, 29.82)),
    ("waterside-2", "荷塘小学", "Lotus Pond Primary School", "waterside", (121.645, 29.815)),
    ("waterside-3", "长桥小学", "Long Bridge Primary School", "waterside", (121.545, 29.785)),
    ("waterside-4", "稻香中学", "Paddy Middle School", "waterside", (121.665, 29.775)),
    ("foothill-1", "山前中学", "Foothill Middle School", "foothill", (121.46, 29.885)),
    ("foothill-2", "竹林小学", "Bamboo Primary School", "foothill", (121.425, 29.93)),
    ("foothill-3", "茶园小学", "Tea Garden Primary School", "foothill", None),
)


def geojson() -> bytes:
    """The city as `campus city import` takes it."""
    return msgspec.json.format(msgspec.json.encode({"type": "FeatureCollection", "features": [*_features()]}), indent=1)


def _features() -> Iterator[dict[str, Any]]:
    for id_, name, name_en, line in DISTRICTS:
        shape = {"type": "Polygon", "coordinates": [[*line, line[0]] if line[0] != line[-1] else [*line]]}
        yield _feature(shape, {"id": id_, "name": name, "name_en": name_en})
    for id_, name, name_en, district, at in SCHOOLS:
        said = {"school": id_, "name": name, "name_en": name_en, "district": district}
        yield _feature(None if at is None else {"type": "Point", "coordinates": at}, said)


def _feature(geometry: Any, properties: dict[str, str]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}
