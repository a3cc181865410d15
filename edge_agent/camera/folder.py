"""A folder of pictures read as if it were a video: in the order of their names, each decoded only when it is wanted."""

from __future__ import annotations

import re
from collections import deque
from pathlib import Path
from typing import Any

import cv2
import numpy as np

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
_DIGITS = re.compile(r"(\d+)")


class FolderCapture:
    """The part of ``cv2.VideoCapture`` that sources use, for the pictures of ``folder``, ``fps`` a second."""

    def __init__(self, folder: Path, fps: float) -> None:
        self._waiting = deque(pictures_of(folder))
        self._full = bool(self._waiting)
        self._fps = fps
        self._here: Path | None = None

    def isOpened(self) -> bool:  # noqa: N802 - the name is OpenCV's
        """Whether the folder had pictures when it was opened."""
        return self._full

    def grab(self) -> bool:
        """Go to the next picture without reading it; False at the end."""
        self._here = self._waiting.popleft() if self._waiting else None
        return self._here is not None

    def retrieve(self) -> tuple[bool, Any]:
        """Decode the picture gone to; (False, None) when its file is gone or no picture."""
        if self._here is None:
            return False, None
        try:
            data = np.frombuffer(self._here.read_bytes(), dtype=np.uint8)
        except OSError:
            return False, None
        # From memory, since OpenCV opens no path with letters that the system's code page lacks.
        image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
        return image is not None, image

    def get(self, propId: int, /) -> float:  # noqa: N803
        """The rate of the pictures when OpenCV's ``CAP_PROP_FPS`` is asked for; else 0."""
        return self._fps if propId == cv2.CAP_PROP_FPS else 0.0

    def release(self) -> None:
        """Nothing is held open."""
        self._waiting.clear()


def pictures_of(folder: Path) -> list[Path]:
    """The pictures in ``folder`` in the order of their names, numbers as numbers: 2.jpg comes before 10.jpg."""
    if not folder.is_dir():
        return []
    return sorted((path for path in folder.iterdir() if path.suffix.lower() in PICTURES), key=_order)


def _order(path: Path) -> list[tuple[int, str]]:
    parts = _DIGITS.split(path.name)
    return [(int(part), "") if part.isdigit() and part.isascii() else (-1, part) for part in parts]
