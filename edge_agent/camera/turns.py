"""Cameras take turns at the detectors: no more run at once than there are cores, and who waits longest is next."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from edge_agent.camera.detector import Detection, Detector, Image


class Turns:
    """At most ``at_once`` holders; those who wait are served in the order in which they came.

    A camera waits with one picture at a time, so first come, first served is one picture of each in turn: a camera
    that wants 30 a second cannot starve one that wants two. The system's own locks promise no order.
    """

    def __init__(self, at_once: int) -> None:
        if at_once < 1:
            raise ValueError(f"turns need one holder or more at once, not {at_once}")
        self._free = at_once
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn and hold it."""
        with self._lock:
            mine = None
            if self._free:
                self._free -= 1
            else:
                mine = threading.Event()
                self._waiting.append(mine)
        if mine is not None:
            mine.wait()
        try:
            yield
        finally:
            self._hand_on()

    def _hand_on(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()  # the turn goes from hand to hand: nobody can slip in between
            else:
                self._free += 1


class InTurn:
    """A camera's own detector, which runs when it is its turn."""

    def __init__(self, detector: Detector, turns: Turns) -> None:
        self._detector = detector
        self._turns = turns

    def detect(self, image: Image) -> list[Detection]:
        """As the detector does; waits while others run."""
        with self._turns.turn():
            return self._detector.detect(image)
