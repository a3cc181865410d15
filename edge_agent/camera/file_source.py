"""Pictures from a video file, at the pace of the recording or as fast as they can be analysed."""

from __future__ import annotations

import threading
import time

import cv2
import numpy as np

from campus.backoff import backoff
from edge_agent.camera.source import Capture, Frame, NoPicture, Opener

FALLBACK_FPS = 25.0
CUT_S = 10.0  # video time put between the end of a file and its next beginning, so that nobody is followed across
TICK_S = 0.5


class FileSource:
    """Samples ``fps`` pictures a second from a file; ``true_fps`` is the recording's rate, 0 for what the file says."""

    def __init__(self, open_file: Opener, fps: float, *, true_fps: float = 0.0, loop: bool = True, paced: bool = True):
        self._open = open_file
        self._period = 1.0 / fps
        self._true_fps = true_fps
        self._loop = loop
        self._paced = paced
        self._capture: Capture | None = None
        self._rate = FALLBACK_FPS
        self._at = 0.0  # video time of the next picture in the file
        self._due = 0.0  # video time from which a picture is wanted
        self._origin: float | None = None  # real time at which the video time was 0
        self._given = 0  # pictures given since the file was opened
        self._attempt = 0
        self._retry_at = 0.0
        self._lost_at: float | None = None

    def next(self, stop: threading.Event) -> Frame | NoPicture | None:
        """The next picture that is due."""
        while not stop.is_set():
            if self._capture is None and not self._reopen():
                return self._nothing(stop)
            image = self._read_due()
            if image is not None:
                return self._give(image, stop)
            self.close()
            if not self._given:
                self._fail()  # the file opened and has no pictures: do not open it again and again
            elif not self._loop:
                return None
            else:
                self._at += CUT_S
                self._origin = None if self._origin is None else self._origin - CUT_S
        return None

    def close(self) -> None:
        """Close the file."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _reopen(self) -> bool:
        if time.monotonic() < self._retry_at:
            return False
        capture = self._open()
        if not capture.isOpened():
            capture.release()
            self._fail()
            return False
        self._capture, self._given = capture, 0
        told = capture.get(cv2.CAP_PROP_FPS)
        self._rate = self._true_fps or (told if 0 < told <= 240 else FALLBACK_FPS)
        self._due = self._at
        return True

    def _fail(self) -> None:
        self._retry_at = time.monotonic() + backoff(self._attempt)
        self._attempt += 1

    def _nothing(self, stop: threading.Event) -> NoPicture:
        if self._lost_at is None:
            self._lost_at = time.monotonic()
        stop.wait(TICK_S)
        self._origin = None
        return NoPicture(time.monotonic() - self._lost_at)

    def _read_due(self) -> Frame | None:
        """Skip to the first picture that is due and decode only that; None at the end of the file."""
        capture = self._capture
        while capture is not None and capture.grab():
            at = self._at
            self._at += 1.0 / self._rate
            # Half a picture of tolerance: 25 pictures at 5 a second must give every fifth, not now and then a sixth.
            if at + 0.5 / self._rate < max(self._due, self._now()):
                continue
            good, image = capture.retrieve()
            if good:
                self._due += self._period
                return Frame(np.asarray(image, dtype=np.uint8), at)
        return None

    def _now(self) -> float:
        """The video time that real time has reached; who is slower than the recording skips pictures."""
        if not self._paced or self._origin is None:
            return float("-inf")
        return time.monotonic() - self._origin - self._period

    def _give(self, frame: Frame, stop: threading.Event) -> Frame | None:
        self._given += 1
        self._attempt, self._lost_at = 0, None
        if self._paced:
            if self._origin is None:
                self._origin = time.monotonic() - frame.at
            if stop.wait(max(0.0, self._origin + frame.at - time.monotonic())):
                return None
        return frame
