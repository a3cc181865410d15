"""A small city about the seeded school: districts as squares, schools in them, as GeoJSON and in the database."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from campus import db
from dashboards.city import geojson, store


def square(id_: str, west: float, south: float, size: float = 1.0, **more: Any) -> dict[str, Any]:
    """A district as a square."""
    east, north = west + size, south + size
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return feature({"type": "Polygon", "coordinates": [ring]}, {"id": id_, "name": f"{id_}区", "name_en": id_, **more})


def point(school: str, at: tuple[float, float] | None, **more: Any) -> dict[str, Any]:
    """A school as a point, or only by its properties."""
    return feature(at and {"type": "Point", "coordinates": list(at)}, {"school": school, **more})


def feature(geometry: Any, properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def collection(*features: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"type": "FeatureCollection", "features": features})


def two_districts() -> bytes:
    """The seeded school and two more in the west, three in the east."""
    west = [point("school-1", (0.2, 0.2)), point("w-2", (0.6, 0.4)), point("w-3", None, district="west")]
    east = [point(f"e-{n}", (1.2 + n / 5, 0.5), name=f"东{n}小学", name_en=f"East {n}") for n in (1, 2, 3)]
    return collection(square("west", 0, 0), square("east", 1, 0), *west, *east)


def import_city(engine: sa.Engine, now: datetime, content: bytes | None = None) -> store.CityChange:
    with db.write(engine) as conn:
        return store.apply(conn, geojson.parse(content or two_districts(), "city.geojson"), now)
