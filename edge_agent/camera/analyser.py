"""From one frame to counts, crossings and events; no I/O, so tests feed it frames and a virtual clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from campus.events import Event
from edge_agent.camera.detector import Detection, Detector, Image
from edge_agent.camera.fall import FallWatch
from edge_agent.camera.flow import LineRules
from edge_agent.camera.geometry import Box, inside
from edge_agent.camera.head_count import HeadCountWatch
from edge_agent.camera.left_objects import LeftObjectWatch
from edge_agent.camera.lines import Crossing
from edge_agent.camera.running import RunningWatch
from edge_agent.camera.seen import Seen, Watcher
from edge_agent.camera.tracker import Track, Tracker, TrackLimits
from edge_agent.camera.zone_rules import ZoneRules
from edge_agent.camera.zones import Visit
from edge_agent.settings import Camera


class Analysis(msgspec.Struct, frozen=True):
    """What one frame added. ``values`` are the metrics of this moment; line counts grow since the agent's start."""

    tracks: tuple[Track, ...]
    visits: tuple[Visit, ...]
    crossings: tuple[Crossing, ...]
    events: tuple[Event, ...]
    values: dict[str, float]
    boxes: tuple[Box, ...] = ()  # everywhere a person is or may be: what a still must hide


class Analyser:
    """Runs detector, tracker and all that watches over one camera; `Seen` says what ``at`` and ``now`` are."""

    def __init__(self, camera: Camera, detector: Detector, zone: ZoneInfo) -> None:
        self._camera = camera
        self._detector = detector
        self._tracker = Tracker(TrackLimits(sure=camera.scores[0]))
        self._zones = [ZoneRules(area, camera, zone) for area in camera.zones]
        self._lines = [LineRules(line) for line in camera.lines]
        self._watchers: list[Watcher] = [*self._zones, *self._lines, *_watchers(camera, detector, zone)]

    def analyse(self, image: Image, at: float, now: datetime) -> Analysis:
        """Take the frame ``image`` (height x width x 3, BGR) at ``at`` seconds of the video."""
        detections = self._detector.detect(image)
        tracks = tuple(self._tracker.update([d for d in detections if not self._ignored(d)], at))
        seen = Seen(image, tuple(detections), tracks, at, now)
        events = tuple(event for watcher in self._watchers for event in watcher.update(seen))
        return Analysis(
            tracks,
            tuple(visit for area in self._zones for visit in area.visits),
            tuple(crossing for line in self._lines for crossing in line.crossings),
            events,
            self._values(tracks),
            tuple(seen.boxes),
        )

    def _ignored(self, detection: Detection) -> bool:
        return any(inside(detection.box.foot, area) for area in self._camera.ignore)

    def _values(self, tracks: tuple[Track, ...]) -> dict[str, float]:
        values: dict[str, float] = {"people": len(tracks)}
        for watcher in self._watchers:
            values |= watcher.values()
        return values


def _watchers(camera: Camera, detector: Detector, zone: ZoneInfo) -> Iterator[Watcher]:
    """Those that the camera's sections switch on."""
    if camera.fall.confirm_s:
        yield FallWatch(camera.fall, stills=camera.stills)
    if camera.running.confirm_s:
        yield RunningWatch(camera.running)
    if any(area.object_s for area in camera.zones):
        yield LeftObjectWatch(camera, zone)
    if camera.head_count.every_s:
        score = camera.scores[0] if camera.head_count.score is None else camera.head_count.score
        yield HeadCountWatch(camera.head_count, detector, score, camera.ignore)
