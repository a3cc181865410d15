"""What one analysed frame shows, as it is handed to all that watch a camera."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

import msgspec

from campus.events import Event
from edge_agent.camera.detector import Detection, Image
from edge_agent.camera.geometry import Box
from edge_agent.camera.tracker import Track


class Seen(msgspec.Struct, frozen=True):
    """One frame (height x width x 3, BGR), who was found and is followed in it, and when.

    ``at`` is the time of the video in seconds (it measures speeds, visits and cooldowns, and runs at the camera's pace
    even when the day runs fast); ``now`` is the clock's (it decides what is armed).
    """

    image: Image
    detections: tuple[Detection, ...]
    tracks: tuple[Track, ...]
    at: float
    now: datetime

    @property
    def aspect(self) -> float:
        """Width over height of the frame: shares of the width times this are shares of the height."""
        height, width = self.image.shape[:2]
        return float(width / height)

    @property
    def boxes(self) -> list[Box]:
        """Everywhere a person is or may be: what a still must hide."""
        return [*(one.box for one in self.detections), *(track.box for track in self.tracks)]


class Watcher(Protocol):
    """Looks for one thing in the frames of one camera."""

    def update(self, seen: Seen) -> Iterable[Event]:
        """Take the next frame; what is to be told of it."""
        ...

    def values(self) -> dict[str, float]:
        """The metrics of this moment."""
        ...
