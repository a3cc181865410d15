"""The newest picture of a camera for the page: masked by its source, with the people in it made unrecognisable."""

from __future__ import annotations

import threading

from edge_agent.camera.detector import Detector
from edge_agent.camera.evidence import MARGIN, encoded, hide, shrunk
from edge_agent.camera.source import Frame, Source


class LivePicture:
    """Reads ``source`` on a thread of its own until closed."""

    def __init__(self, source: Source, detector: Detector) -> None:
        self._source = source
        self._detector = detector
        self._stop = threading.Event()
        self._fresh = threading.Condition()
        self._jpeg: bytes | None = None
        self._thread = threading.Thread(target=self._run, name="draw.picture", daemon=True)
        self._thread.start()

    def jpeg(self, wait_s: float = 5.0) -> bytes | None:
        """The newest picture; waits for the first one. None while the camera gives none."""
        with self._fresh:
            if self._jpeg is None:
                self._fresh.wait(wait_s)
            return self._jpeg

    def close(self) -> None:
        """Let go of the camera."""
        self._stop.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        try:
            while (seen := self._source.next(self._stop)) is not None:
                with self._fresh:
                    self._jpeg = self._shown(seen) if isinstance(seen, Frame) else None
                    self._fresh.notify_all()
        finally:
            self._source.close()

    def _shown(self, frame: Frame) -> bytes:
        picture = shrunk(frame.image)
        for one in self._detector.detect(frame.image):
            hide(picture, one.box.grown(MARGIN))
        return encoded(picture)
