"""Where pictures come from: what a source gives, and how a location is opened."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import cv2
import msgspec

from edge_agent.camera.detector import Image
from edge_agent.camera.folder import FolderCapture

OPEN_TIMEOUT_MS = 5000
READ_TIMEOUT_MS = 5000
LIVE_SCHEMES = ("rtsp", "rtsps", "http", "https", "rtmp", "udp", "srt")


class Frame(msgspec.Struct, frozen=True):
    """One picture and its time in seconds of the video; the time only grows, also when a file begins again."""

    image: Image
    at: float


class NoPicture(msgspec.Struct, frozen=True):
    """The source is there no more, or not yet; ``seconds`` of real time since its last picture."""

    seconds: float


class Source(Protocol):
    """Gives pictures at the pace they are to be analysed."""

    def next(self, stop: threading.Event) -> Frame | NoPicture | None:
        """The next picture; `NoPicture` about twice a second while there is none; None when the source is at its end.

        Also returns None soon after ``stop`` is set.
        """
        ...

    def close(self) -> None:
        """Let go of the camera or file."""
        ...


class Capture(Protocol):
    """The part of ``cv2.VideoCapture`` that is used here."""

    def isOpened(self) -> bool: ...  # noqa: D102, N802 - the name is OpenCV's
    def grab(self) -> bool: ...  # noqa: D102
    def retrieve(self) -> tuple[bool, Any]: ...  # noqa: D102
    def get(self, propId: int, /) -> float: ...  # noqa: D102, N803
    def release(self) -> None: ...  # noqa: D102


Opener = Callable[[], Capture]


def is_live(location: str) -> bool:
    """Whether ``location`` is a stream or a webcam, which wait for nobody; a file does."""
    return location.isdigit() or urlsplit(location).scheme.lower() in LIVE_SCHEMES


def opener(location: str, folder_fps: float = 0.0) -> Opener:
    """How to open ``location`` (file or folder path, stream URL, webcam number), quietly and with time limits.

    ``folder_fps`` is the rate at which the pictures of a folder were taken; 0: unknown.
    """
    quiet_opencv()
    if location.isdigit():
        return lambda: cv2.VideoCapture(int(location))
    if is_live(location):
        limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_TIMEOUT_MS]
        return lambda: cv2.VideoCapture(location, cv2.CAP_FFMPEG, limits)
    if Path(location).is_dir():
        return lambda: FolderCapture(Path(location), folder_fps)
    return lambda: cv2.VideoCapture(str(Path(location)))


def quiet_opencv() -> None:
    """Silence OpenCV and FFmpeg, which print stream addresses with their passwords to standard error."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
