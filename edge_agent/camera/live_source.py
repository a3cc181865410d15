"""Pictures from a stream or webcam: always the newest, whatever the analysis takes, and back after a loss."""

from __future__ import annotations

import threading
import time

import numpy as np

from campus.backoff import backoff
from edge_agent.camera.detector import Image
from edge_agent.camera.source import Capture, Frame, NoPicture, Opener

TICK_S = 0.5


class LiveSource:
    """Keeps the newest picture that is due, ``fps`` times a second.

    A thread of its own reads the stream: a stream waits for nobody, and pictures left in its buffers would be old
    when they are looked at. Only pictures that are due are decoded in full. Lost streams are opened again after a
    jittered wait, so that the cameras behind one switch do not return as one wave.
    """

    def __init__(self, open_stream: Opener, fps: float, name: str) -> None:
        self._open = open_stream
        self._period = 1.0 / fps
        self._closing = threading.Event()
        self._fresh = threading.Condition()
        self._frame: Frame | None = None
        self._started = time.monotonic()
        self._last = self._started
        self._thread = threading.Thread(target=self._read, name=f"camera[{name}].read", daemon=True)
        self._thread.start()

    def next(self, stop: threading.Event) -> Frame | NoPicture | None:
        """The newest picture; waits for it up to half a second."""
        with self._fresh:
            if self._frame is None:
                self._fresh.wait(TICK_S)
            frame, self._frame = self._frame, None
            last = self._last
        if stop.is_set():
            return None
        return NoPicture(time.monotonic() - last) if frame is None else frame

    def close(self) -> None:
        """End the reading thread; it may take as long as a read may (`source.READ_TIMEOUT_MS`)."""
        self._closing.set()
        self._thread.join(timeout=10)

    def _read(self) -> None:
        attempt = 0
        while not self._closing.is_set():
            capture = self._open()
            if self._follow(capture):
                attempt = 0
            capture.release()
            self._closing.wait(backoff(attempt))
            attempt += 1

    def _follow(self, capture: Capture) -> bool:
        """Read until the stream is lost; returns whether it gave a picture."""
        due, given = 0.0, False
        while not self._closing.is_set() and capture.isOpened() and capture.grab():
            now = time.monotonic()
            if now < due:
                continue
            good, image = capture.retrieve()
            if not good:
                return given
            due = max(due + self._period, now)  # on time on average, and no burst after a stall
            given = True
            self._put(np.asarray(image, dtype=np.uint8), now)
        return given

    def _put(self, image: Image, now: float) -> None:
        with self._fresh:
            self._frame = Frame(image, now - self._started)
            self._last = now
            self._fresh.notify()
