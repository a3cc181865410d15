"""People by background subtraction: no model needed; whatever moves and is about as large as a person."""

from __future__ import annotations

import cv2
import msgspec
import numpy as np
import numpy.typing as npt

from edge_agent.camera.detector import Detection, Image
from edge_agent.camera.geometry import Box

WIDTH = 480  # frames are shrunk to this width first: enough for a person, and four to ten times faster


class MotionLimits(msgspec.Struct, frozen=True):
    """What is taken for a person, in shares of the frame, and how fast the background learns."""

    min_height: float = 0.05
    max_height: float = 0.95
    min_area: float = 0.0012
    learn_frames: int = 300  # analysed frames over which something standing still becomes background
    warm_up: int = 5  # frames before anything is reported: the first one is all background
    storm: float = 0.6  # when more of the frame than this changes at once, the light changed or the camera moved


class _Exposure:
    """Takes the light of the day and the camera's own exposure out of the pictures, so that they are no movement.

    The gain is the median over a coarse grid of how much brighter each part is than it used to be: people in the
    picture, as long as they fill less than half of it, change nothing.
    """

    GRID = (32, 18)
    LEARN = 1 / 300  # how much of each picture goes into what is usual
    SWITCH = 1.3  # brighter or darker by this from one picture to the next: a lamp, which lights no two things alike

    def __init__(self) -> None:
        self._usual: npt.NDArray[np.float32] | None = None
        self._gain = 1.0
        self.switched = False  # whether the last picture was lit quite otherwise than the one before

    def evened(self, image: Image) -> Image:
        """The picture as bright as the first one was."""
        coarse = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), self.GRID, interpolation=cv2.INTER_AREA)
        parts = np.maximum(coarse.astype(np.float32), 1.0)
        if self._usual is None:
            self._usual = parts
        gain = float(np.median(self._usual / parts))
        self._usual += self.LEARN * (parts * gain - self._usual)
        self.switched = not 1 / self.SWITCH < gain / self._gain < self.SWITCH
        self._gain = gain
        return image if abs(gain - 1.0) < 0.002 else np.asarray(cv2.convertScaleAbs(image, alpha=gain), dtype=np.uint8)


class MotionDetector:
    """Moving blobs by a mixture-of-Gaussians background with shadow removal (Zivkovic 2004: OpenCV's MOG2)."""

    def __init__(self, limits: MotionLimits | None = None) -> None:
        self._limits = limits or MotionLimits()
        self._background = self._fresh()
        self._exposure = _Exposure()
        self._frames = 0

    def _fresh(self) -> cv2.BackgroundSubtractorMOG2:
        return cv2.createBackgroundSubtractorMOG2(
            history=self._limits.learn_frames, varThreshold=25, detectShadows=True
        )

    def detect(self, image: Image) -> list[Detection]:
        """The moving blobs that may be people, largest first; nothing while the background is being learnt."""
        mask = self._foreground(_shrunk(image))
        self._frames += 1
        changed = np.count_nonzero(mask) / mask.size
        stormy = changed > self._limits.storm or self._exposure.switched
        if stormy and self._frames > self._limits.warm_up:
            self._background, self._exposure, self._frames = self._fresh(), _Exposure(), 0
        if self._frames <= self._limits.warm_up:
            return []
        return self._people(mask)

    def _foreground(self, image: Image) -> Image:
        mask = self._background.apply(cv2.GaussianBlur(self._exposure.evened(image), (5, 5), 0))
        # MOG2 marks shadows 127 and foreground 255; a shadow is no person.
        _, mask = cv2.threshold(mask, 200, 255, cv2.THRESH_BINARY)
        mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3)))
        # Closing is taller than wide: it joins head, body and legs, and keeps neighbours apart.
        closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 15)))
        return np.asarray(closed, dtype=np.uint8)

    def _people(self, mask: Image) -> list[Detection]:
        height, width = mask.shape[:2]
        _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        found = []
        for x, y, w, h, area in stats[1:].tolist():  # the first component is the background
            box = Box(x / width, y / height, (x + w) / width, (y + h) / height)
            if self._fits(box, area / mask.size):
                found.append(Detection(box, _solidity(area, w, h)))
        return sorted(found, key=lambda detection: -detection.box.height * detection.box.width)

    def _fits(self, box: Box, area: float) -> bool:
        limits = self._limits
        return limits.min_height <= box.height <= limits.max_height and area >= limits.min_area


def _solidity(area: int, width: int, height: int) -> float:
    """How much of its box a blob fills, as a score of 0.5..1: a walking person fills about half."""
    return 0.5 + 0.5 * min(1.0, area / (width * height))


def _shrunk(image: Image) -> Image:
    height, width = image.shape[:2]
    if width <= WIDTH:
        return image
    size = (WIDTH, round(height * WIDTH / width))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
