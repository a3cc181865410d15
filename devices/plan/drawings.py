"""The school's own drawings under the plan: checked, cleaned of everything that is not a picture, kept."""

from __future__ import annotations

import hashlib
from datetime import datetime
from xml.etree import ElementTree
from xml.parsers import expat

import msgspec
import sqlalchemy as sa

from campus import db
from campus.errors import Conflict, NotFound
from devices.plan.tables import plan_drawings as table

LARGEST = 2 * 1024 * 1024
_DEEPEST = 100  # elements within elements
FLOORS = range(-20, 201)  # 0: the grounds
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_SVG = "{http://www.w3.org/2000/svg}"
_SHAPES = frozenset(
    ("svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "title", "desc")
)
_GEOMETRY = ("width", "height", "viewBox", "preserveAspectRatio", "transform", "d", "x", "y", "x1", "y1", "x2", "y2")
_CURVES = ("cx", "cy", "r", "rx", "ry", "points", "dx", "dy")
_PAINT = ("fill", "fill-opacity", "fill-rule", "opacity", "stroke", "stroke-width", "stroke-opacity")
_LINES = ("stroke-dasharray", "stroke-linecap", "stroke-linejoin")
_WORDS = ("font-size", "font-family", "font-weight", "text-anchor", "dominant-baseline")
_ATTRIBUTES = frozenset((*_GEOMETRY, *_CURVES, *_PAINT, *_LINES, *_WORDS))


class Drawing(msgspec.Struct, frozen=True):
    """A drawing that is there; ``version`` changes with its content."""

    floor: int
    version: str


def drawings(conn: sa.Connection, school: str) -> tuple[Drawing, ...]:
    """Which drawings a school has."""
    rows = conn.execute(sa.select(table.c.floor, table.c.data).where(table.c.school == school).order_by(table.c.floor))
    return tuple(Drawing(row.floor, hashlib.sha256(row.data).hexdigest()[:12]) for row in rows)


def get(conn: sa.Connection, school: str, floor: int) -> tuple[str, bytes]:
    """Media type and content of a drawing; raises `NotFound`."""
    query = sa.select(table.c.media_type, table.c.data).where(table.c.school == school, table.c.floor == floor)
    found = conn.execute(query).first()
    if found is None:
        raise NotFound(f"there is no drawing of floor {floor}")
    return found.media_type, found.data


def keep(conn: sa.Connection, school: str, floor: int, data: bytes, by: str, now: datetime) -> None:
    """Keep a drawing in place of the one before; raises `Conflict` saying what is wrong with it."""
    if floor not in FLOORS:
        raise Conflict(f"a floor is between {FLOORS[0]} and {FLOORS[-1]}, 0 for the grounds")
    media_type, clean = picture(data)
    row = {"school": school, "floor": floor, "media_type": media_type, "data": clean, "drawn_at": now, "drawn_by": by}
    db.upsert(table, conn, [row], ["school", "floor"], ["media_type", "data", "drawn_at", "drawn_by"])


def remove(conn: sa.Connection, school: str, floor: int) -> None:
    """Take a drawing away; raises `NotFound`."""
    if conn.execute(table.delete().where(table.c.school == school, table.c.floor == floor)).rowcount == 0:
        raise NotFound(f"there is no drawing of floor {floor}")


def picture(data: bytes) -> tuple[str, bytes]:
    """The media type of a picture by its content, and the picture; of an SVG only the shapes are left."""
    if len(data) > LARGEST:
        raise Conflict(f"the drawing is larger than {LARGEST // 1024} KiB; save it smaller")
    if data.startswith(_PNG):
        return "image/png", data
    if data.startswith(_JPEG):
        return "image/jpeg", data
    return "image/svg+xml", clean_svg(data)


def clean_svg(data: bytes) -> bytes:
    """An SVG with nothing but shapes and text: no script, style, link, image, entity or event; raises `Conflict`."""
    try:
        _refuse_tricks(data)
        root = ElementTree.fromstring(data)  # noqa: S314 - it defines no entities, and is not deep
    except (ElementTree.ParseError, expat.ExpatError, LookupError, ValueError) as error:
        raise Conflict(f"this is no PNG, JPEG or SVG: {error}") from None
    if root.tag != f"{_SVG}svg":
        raise Conflict("this is no SVG: its outermost element is not <svg>")
    _strip(root)
    ElementTree.register_namespace("", _SVG[1:-1])
    return ElementTree.tostring(root)


def _refuse_tricks(data: bytes) -> None:
    """Read it once, in whichever encoding it is; drawing programs write a document type, none defines anything."""
    depth = 0

    def begins(_name: str, _attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise Conflict(f"the SVG has groups within groups, more than {_DEEPEST} deep; save it as plain SVG")

    def ends(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def defines(*_entity: object) -> None:
        raise Conflict("the SVG defines entities; save it as plain SVG")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.EntityDeclHandler = begins, ends, defines
    parser.Parse(data, True)


def _strip(element: ElementTree.Element) -> None:
    for name, value in list(element.attrib.items()):
        # A backslash begins an escape of CSS, by which url( can be spelt in other ways.
        if name not in _ATTRIBUTES or any(part in value.lower() for part in ("url(", "javascript:", "\\")):
            del element.attrib[name]
    for child in list(element):
        if not isinstance(child.tag, str) or child.tag.removeprefix(_SVG) not in _SHAPES:
            element.remove(child)
        else:
            _strip(child)
