"""Privacy masks: what a school may not watch is painted over before anything else sees the picture."""

from __future__ import annotations

import threading

import cv2
import numpy as np
import numpy.typing as npt

from edge_agent.camera.detector import Image
from edge_agent.camera.geometry import Polygon
from edge_agent.camera.source import Frame, NoPicture, Source

_PAINT = (96, 96, 96)


class MaskedSource:
    """Another source's pictures with ``areas`` (shares of the frame) painted over: no part of the agent gets others."""

    def __init__(self, source: Source, areas: tuple[Polygon, ...]) -> None:
        self._source = source
        self._areas = areas

    def next(self, stop: threading.Event) -> Frame | NoPicture | None:
        """As the source does."""
        seen = self._source.next(stop)
        return Frame(masked(seen.image, self._areas), seen.at) if isinstance(seen, Frame) else seen

    def close(self) -> None:
        """As the source does."""
        self._source.close()


def masked(image: Image, areas: tuple[Polygon, ...]) -> Image:
    """A copy of ``image`` in which nothing of ``areas`` can be seen."""
    height, width = image.shape[:2]
    painted = image.copy()
    cv2.fillPoly(painted, [_whole_pixels(area, width, height) for area in areas], _PAINT)
    return painted


def _whole_pixels(area: Polygon, width: int, height: int) -> npt.NDArray[np.int32]:
    return np.array([[x * (width - 1), y * (height - 1)] for x, y in area]).round().astype(np.int32)
