"""What every person detector gives: boxes with a score; and the suppression of boxes that tell of the same person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from edge_agent.camera.geometry import Box

Image = NDArray[np.uint8]  # height x width x 3, blue-green-red, 0..255
Floats = NDArray[np.float32]


class Detection(msgspec.Struct, frozen=True):
    """One person seen in one frame, in shares of the frame."""

    box: Box
    score: float


class Detector(Protocol):
    """Finds people in one frame; may remember earlier frames (a background)."""

    def detect(self, image: Image) -> list[Detection]:
        """The people in ``image``, best first. Boxes are cut at the frame's edge."""
        ...


def keep_best(boxes: Floats, scores: Floats, floor: float, overlap: float) -> list[Detection]:
    """Detections scoring ``floor`` or more, without those that overlap a better one by more than ``overlap`` (IoU).

    ``boxes`` is n x 4 (x1, y1, x2, y2) in shares of the frame, ``scores`` has n entries. Boxes that are empty once cut
    at the frame's edge are left out.
    """
    boxes = np.clip(boxes, 0.0, 1.0)
    good = (scores >= floor) & (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    boxes, scores = boxes[good], scores[good]
    if not len(scores):
        return []
    corners_and_sizes = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    # NMSBoxes wants a score strictly above its own threshold; ours is already applied.
    kept = cv2.dnn.NMSBoxes(corners_and_sizes.tolist(), scores.tolist(), 0.0, overlap)
    return [_detection(boxes[i], scores[i]) for i in np.asarray(kept, dtype=int).reshape(-1)]


def _detection(box: Sequence[float] | Floats, score: float) -> Detection:
    x1, y1, x2, y2 = (float(value) for value in box)
    return Detection(Box(x1, y1, x2, y2), float(score))
