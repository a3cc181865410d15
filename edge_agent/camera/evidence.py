"""The still that goes with an intrusion: people made unrecognisable, the zone drawn, at most 64 KiB."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from edge_agent.camera.detector import Image
from edge_agent.camera.geometry import Box, Polygon

MAX_BYTES = 64 * 1024
MAX_WIDTH = 640  # of the still in pixels; also keeps people the detector missed small
BLOCKS = 6  # a person is this many coloured blocks wide: a shape, not a face
MARGIN = 0.15  # boxes are grown by this share, since heads stick out of tight boxes
_QUALITIES = (80, 65, 50, 35, 20)
_RED = (40, 40, 220)
_WHITE = (255, 255, 255)


def still(image: Image, people: Iterable[Box], polygon: Polygon) -> bytes:
    """A JPEG of ``image`` in which every box of ``people`` is pixelated and blurred and ``polygon`` is outlined."""
    picture = shrunk(image)
    for box in people:
        hide(picture, box.grown(MARGIN))
    outline(picture, polygon)
    return encoded(picture)


def shrunk(image: Image) -> Image:
    """A copy of ``image`` of at most `MAX_WIDTH`."""
    height, width = image.shape[:2]
    if width <= MAX_WIDTH:
        return image.copy()
    size = (MAX_WIDTH, max(1, round(height * MAX_WIDTH / width)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def hide(picture: Image, box: Box) -> None:
    """Pixelate and blur ``box`` in ``picture``."""
    height, width = picture.shape[:2]
    left, right = max(0, int(box.x1 * width)), min(width, round(box.x2 * width) + 1)
    top, bottom = max(0, int(box.y1 * height)), min(height, round(box.y2 * height) + 1)
    if right <= left or bottom <= top:
        return
    part = picture[top:bottom, left:right]
    rows = max(1, round(BLOCKS * part.shape[0] / part.shape[1]))
    blocks = cv2.resize(part, (BLOCKS, min(rows, 3 * BLOCKS)), interpolation=cv2.INTER_AREA)
    coarse = cv2.resize(blocks, (part.shape[1], part.shape[0]), interpolation=cv2.INTER_NEAREST)
    # The blur takes away the block edges, from which sharper pictures could be guessed.
    picture[top:bottom, left:right] = cv2.blur(coarse, (5, 5))


def outline(picture: Image, polygon: Polygon) -> None:
    """Draw the rim of ``polygon`` into ``picture``."""
    height, width = picture.shape[:2]
    corners = np.array([[x * (width - 1), y * (height - 1)] for x, y in polygon]).round().astype(np.int32)
    cv2.polylines(picture, [corners], isClosed=True, color=_WHITE, thickness=4, lineType=cv2.LINE_AA)
    cv2.polylines(picture, [corners], isClosed=True, color=_RED, thickness=2, lineType=cv2.LINE_AA)


def encoded(picture: Image) -> bytes:
    """The best JPEG that fits; a picture that is too rich at the lowest quality is halved."""
    for quality in _QUALITIES:
        done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if not done:
            raise ValueError(f"a picture of {picture.shape} cannot become a JPEG")
        if len(data) <= MAX_BYTES:
            return bytes(data)
    half = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return encoded(np.asarray(half, dtype=np.uint8))
