"""A city from GeoJSON (RFC 7946): districts as polygons, schools as points or by district. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal, TypeVar

import msgspec

from campus.errors import CampusError

T = TypeVar("T")
Position = tuple[float, float]  # longitude, latitude in degrees
Ring = tuple[Position, ...]  # closed: the last position is the first
Polygon = tuple[Ring, ...]  # the outer ring, then holes
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_TOLD = 20
_FEWEST = 4  # positions of a ring
_LONGEST_NAME = 200


class District(msgspec.Struct, frozen=True, kw_only=True):
    """A district with its outline."""

    id: str
    name: str
    name_en: str
    outline: tuple[Polygon, ...]


class School(msgspec.Struct, frozen=True, kw_only=True):
    """A school of the city; ``at`` is None where only its district is known, ``name`` empty for its roster's."""

    id: str
    district: str
    name: str = ""
    name_en: str = ""
    at: Position | None = None


class City(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says."""

    districts: tuple[District, ...]
    schools: tuple[School, ...]


class CityFileError(CampusError):
    """Features of a file cannot be used: ``problems`` names each and the fix."""

    def __init__(self, problems: Sequence[str]) -> None:
        told, more = problems[:_TOLD], len(problems) - _TOLD
        super().__init__("\n".join([*told, f"... and {more} more problems"] if more > 0 else told))
        self.problems = tuple(problems)


class _Properties(msgspec.Struct, frozen=True):
    id: str | int = ""
    school: str | int = ""
    district: str | int = ""
    name: str | None = ""
    name_en: str | None = ""


class _Geometry(msgspec.Struct, frozen=True):
    type: str
    coordinates: msgspec.Raw = msgspec.Raw(b"null")


class _Feature(msgspec.Struct, frozen=True):
    type: Literal["Feature"]
    geometry: _Geometry | None = None
    properties: _Properties | None = None


class _Collection(msgspec.Struct, frozen=True):
    type: Literal["FeatureCollection"]
    features: list[msgspec.Raw]


class _Wrong(Exception):
    """What is wrong with one feature, with the fix."""


def parse(content: bytes, file: str) -> City:
    """The city of a GeoJSON file; raises `CityFileError` that names every feature that cannot be used.

    A ``Polygon`` or ``MultiPolygon`` is a district (``properties.id``, ``name``, ``name_en``). A ``Point``, or a
    feature without geometry, is a school (``properties.school``); ``properties.district`` may be left out where the
    point lies in a district's outline.
    """
    try:
        found = msgspec.json.decode(content, type=_Collection)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        fix = "Export the map as a GeoJSON FeatureCollection in UTF-8"
        raise CityFileError([f"{file} is no GeoJSON: {error}. {fix}"]) from None
    problems: list[str] = []
    districts: dict[str, District] = {}
    pending: list[tuple[int, School]] = []
    for number, raw in enumerate(found.features, 1):
        try:
            one = _feature(raw)
            if isinstance(one, School):
                pending.append((number, one))
            elif districts.setdefault(one.id, one) is not one:
                raise _Wrong(f"there is a district {one.id!r} already. Give each its own properties.id")
        except _Wrong as wrong:
            problems.append(f"{file}, feature {number}: {wrong}")
    schools = _placed(pending, districts, file, problems)
    if not districts and not problems:
        problems.append(f"{file} has no district. Add a Polygon feature with properties.id and name for each")
    if problems:
        raise CityFileError(problems)
    return City(districts=tuple(districts.values()), schools=schools)


def contains(outline: Sequence[Polygon], at: Position) -> bool:
    """Whether a point lies inside: in an outer ring and in none of its holes (even-odd rule)."""
    return any(sum(_in_ring(ring, at) for ring in polygon) % 2 for polygon in outline)


def _in_ring(ring: Ring, at: Position) -> bool:
    x, y = at
    inside = False
    for (x1, y1), (x2, y2) in pairwise(ring):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
            inside = not inside
    return inside


def _feature(raw: msgspec.Raw) -> District | School:
    try:
        feature = msgspec.json.decode(raw, type=_Feature)
    except msgspec.DecodeError as error:
        raise _Wrong(f"{error}. Write it as RFC 7946 says") from None
    said, shape = feature.properties or _Properties(), feature.geometry
    if shape is None:
        return _school(said, None)
    if shape.type == "Point":
        return _school(said, _decode(shape, list[float], "a position [longitude, latitude]"))
    if shape.type == "Polygon":
        rings = _decode(shape, list[list[list[float]]], "rings of positions")
        return _district(said, [rings])
    if shape.type == "MultiPolygon":
        return _district(said, _decode(shape, list[list[list[list[float]]]], "polygons of rings of positions"))
    fix = "Districts are Polygon or MultiPolygon, schools are Point"
    raise _Wrong(f"{_called(said)}a {shape.type} is neither a district nor a school. {fix}")


def _decode(shape: _Geometry, kind: type[T], what: str) -> T:
    try:
        return msgspec.json.decode(shape.coordinates, type=kind)
    except msgspec.DecodeError as error:
        raise _Wrong(f"the coordinates of a {shape.type} are {what}: {error}. Export it anew as WGS 84") from None


def _district(said: _Properties, polygons: list[list[list[list[float]]]]) -> District:
    id_ = str(said.id)
    if not _ID.fullmatch(id_):
        raise _Wrong(f"the district's properties.id is {id_!r}. Use letters, digits and . _ - (at most 64)")
    if not said.name:
        raise _Wrong(f"district {id_!r} has no name. Set properties.name")
    if not polygons or not all(polygons):
        raise _Wrong(f"district {id_!r} has no outline. Draw at least one ring")
    outline = tuple(tuple(_ring(ring, id_) for ring in polygon) for polygon in polygons)
    return District(id=id_, name=_name(said.name), name_en=_name(said.name_en), outline=outline)


def _ring(ring: list[list[float]], district: str) -> Ring:
    positions = tuple(_position(one, f"district {district!r}") for one in ring)
    if len(positions) < _FEWEST:
        raise _Wrong(f"district {district!r}: a ring has {len(positions)} positions. It needs {_FEWEST} or more")
    if positions[0] != positions[-1]:
        raise _Wrong(f"district {district!r}: a ring is not closed. Repeat its first position at its end")
    return positions


def _school(said: _Properties, at: list[float] | None) -> School:
    id_ = str(said.school or said.id)
    if not _ID.fullmatch(id_):
        fix = "Set it to the school's id in the platform ([school] id)"
        raise _Wrong(f"the school's properties.school is {id_!r}. {fix}")
    return School(
        id=id_, district=str(said.district), name=_name(said.name), name_en=_name(said.name_en),
        at=None if at is None else _position(at, f"school {id_!r}"),
    )  # fmt: skip


def _position(at: list[float], whose: str) -> Position:
    if len(at) < 2 or not (-180 <= at[0] <= 180 and -90 <= at[1] <= 90):
        raise _Wrong(f"{whose}: {at} is no longitude and latitude in degrees. Export the map as WGS 84 (EPSG:4326)")
    return at[0], at[1]


def _name(said: str | None) -> str:
    name = (said or "").strip()
    if len(name) > _LONGEST_NAME:
        raise _Wrong(f"the name {name[:20]!r}... is longer than {_LONGEST_NAME} characters. Shorten it")
    return name


def _called(said: _Properties) -> str:
    return f"{said.school or said.id or said.name!r}: " if said.school or said.id or said.name else ""


def _placed(
    pending: Sequence[tuple[int, School]], districts: dict[str, District], file: str, problems: list[str]
) -> tuple[School, ...]:
    """The schools, each in a district; what cannot be placed goes to ``problems``."""
    seen: set[str] = set()
    placed = []
    for number, school in pending:
        district = school.district or next(_around(school, districts), "")
        where = f"{file}, feature {number}: school {school.id!r}"
        if school.id in seen:
            problems.append(f"{where} is there twice. Leave one of them out")
        elif not district:
            problems.append(f"{where} lies in no district. Set properties.district, or move the point")
        elif district not in districts:
            known = ", ".join(list(districts)[:10]) or "none"
            problems.append(f"{where} names the district {district!r}, which the file lacks. It has: {known}")
        seen.add(school.id)
        placed.append(msgspec.structs.replace(school, district=district))
    return tuple(placed)


def _around(school: School, districts: dict[str, District]) -> Iterator[str]:
    at = school.at
    if at is not None:
        yield from (one.id for one in districts.values() if contains(one.outline, at))
