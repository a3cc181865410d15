"""Where pictures come from: what a source gives, and how a location is opened and told without its password."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlsplit, urlunsplit

import cv2
import msgspec

from campus.errors import SettingsError
from edge_agent.camera.detector import Image

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


def opener(location: str) -> Opener:
    """How to open ``location`` (file path, stream URL, webcam number) with OpenCV, quietly and with time limits."""
    quiet_opencv()
    if location.isdigit():
        return lambda: cv2.VideoCapture(int(location))
    if is_live(location):
        limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_TIMEOUT_MS]
        return lambda: cv2.VideoCapture(location, cv2.CAP_FFMPEG, limits)
    return lambda: cv2.VideoCapture(str(Path(location)))


def without_secrets(location: str) -> str:
    """``location`` as it may be logged: without user, password and query, where cameras carry their keys."""
    parts = urlsplit(location)
    if not parts.netloc:
        return location
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def with_login(location: str, login_file: Path | None) -> str:
    """``location`` with the "user:password" of ``login_file`` in it; raises `SettingsError` when there is none."""
    if login_file is None:
        return location
    try:
        user, found, password = login_file.read_text(encoding="utf-8").strip().partition(":")
    except OSError as error:
        raise SettingsError(
            str(login_file), f"cannot be read: {error.strerror}", "Write user:password into it"
        ) from None
    if not found or not user:
        raise SettingsError(str(login_file), "holds no user:password", "Write both into it, with a colon between")
    parts = urlsplit(location)
    if not parts.netloc:
        raise SettingsError(location, "is no address that takes a login", "Leave out login_file, or give a URL")
    host = f"{quote(user, safe='')}:{quote(password, safe='')}@{parts.netloc.rpartition('@')[2]}"
    return urlunsplit((parts.scheme, host, parts.path, parts.query, parts.fragment))


def quiet_opencv() -> None:
    """Silence OpenCV and FFmpeg, which print stream addresses with their passwords to standard error."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
