"""What a camera watches, drawn on one of its pictures: zones, lines with their "in", areas to ignore, people found."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from edge_agent.camera.detector import Image
from edge_agent.camera.evidence import MARGIN, encoded, hide, outline, shrunk
from edge_agent.camera.geometry import Box
from edge_agent.settings import Camera, Corner, Line

_GREEN, _YELLOW, _GREY, _BLACK = (80, 200, 60), (40, 200, 240), (150, 150, 150), (0, 0, 0)
_ARROW = 0.06  # length of the arrow that shows "in", in shares of the width


def overlay(image: Image, camera: Camera, people: Iterable[Box]) -> bytes:
    """A JPEG of ``image`` with all that ``camera`` is set to watch; ``people`` are framed and made unrecognisable."""
    picture = shrunk(image)
    boxes = list(people)
    for box in boxes:
        hide(picture, box.grown(MARGIN))
    for box in boxes:
        cv2.rectangle(picture, _at(picture, (box.x1, box.y1)), _at(picture, (box.x2, box.y2)), _GREEN, 2)
    for area in camera.ignore:
        cv2.polylines(picture, [np.array([_at(picture, corner) for corner in area])], True, _GREY, 2, cv2.LINE_AA)
    for zone in camera.zones:
        outline(picture, zone.polygon)
        _write(picture, zone.name, zone.polygon[0])
    for line in camera.lines:
        _draw_line(picture, line)
    return encoded(picture)


def _draw_line(picture: Image, line: Line) -> None:
    start, end = np.array(_at(picture, line.a)), np.array(_at(picture, line.b))
    cv2.line(picture, start.tolist(), end.tolist(), _YELLOW, 2, cv2.LINE_AA)
    along = (end - start) / max(1.0, float(np.linalg.norm(end - start)))
    # "In" is to the right of one walking from a to b; y runs down, so right is (-dy, dx).
    tip = (start + end) / 2 + np.array([-along[1], along[0]]) * _ARROW * picture.shape[1]
    middle = ((start + end) / 2).round().astype(int)
    cv2.arrowedLine(picture, middle.tolist(), tip.round().astype(int).tolist(), _YELLOW, 2, cv2.LINE_AA, tipLength=0.4)
    _write(picture, f"{line.name}: in", line.a)


def _write(picture: Image, text: str, corner: Corner) -> None:
    x, y = _at(picture, corner)
    place = (min(max(4, x + 4), picture.shape[1] - 8 * len(text)), min(max(14, y - 6), picture.shape[0] - 4))
    for colour, thickness in ((_BLACK, 3), ((255, 255, 255), 1)):
        cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, thickness, cv2.LINE_AA)


def _at(picture: Image, corner: Corner) -> tuple[int, int]:
    height, width = picture.shape[:2]
    return round(corner[0] * (width - 1)), round(corner[1] * (height - 1))
