"""From one frame to counts, crossings and confirmed intrusions; no I/O, so tests feed it frames and a virtual clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from campus.events import CameraCrowding, CameraIntrusion, CameraLoitering
from edge_agent.camera.behaviour import Crowd, Loitering
from edge_agent.camera.confirm import Confirmation
from edge_agent.camera.detector import Detection, Detector, Image
from edge_agent.camera.evidence import still
from edge_agent.camera.geometry import Box, inside
from edge_agent.camera.lines import Crossing, LineCounter
from edge_agent.camera.schedule import ArmedHours
from edge_agent.camera.tracker import Track, Tracker, TrackLimits
from edge_agent.camera.zones import Visit, ZoneWatch
from edge_agent.settings import Camera


class Analysis(msgspec.Struct, frozen=True):
    """What one frame added. ``values`` are the metrics of this moment; line counts grow since the agent's start."""

    tracks: tuple[Track, ...]
    visits: tuple[Visit, ...]
    crossings: tuple[Crossing, ...]
    intrusions: tuple[CameraIntrusion, ...]
    crowds: tuple[CameraCrowding, ...]
    loiterers: tuple[CameraLoitering, ...]
    values: dict[str, float]


class _Guard:
    """One intrusion zone: confirms people in it and tells each visit once."""

    def __init__(self, camera: Camera) -> None:
        self._confirmation = Confirmation(camera.confirm_n, camera.confirm_m)
        self._cooldown_s = camera.cooldown_s
        self._told: set[int] = set()
        self._quiet_until = float("-inf")

    def update(self, here: frozenset[int], visitors: frozenset[int], at: float, armed: bool) -> int | None:
        """The track to raise an intrusion for, if any, given who is in the zone in this frame and who is on a visit."""
        confirmed = self._confirmation.update(here)
        self._told &= visitors | here  # a visit that ended may be told again when the person comes back
        fresh = (confirmed & here) - self._told
        if not armed or not fresh:
            return None
        self._told |= fresh
        if at < self._quiet_until:
            return None
        self._quiet_until = at + self._cooldown_s
        return min(fresh)


class Analyser:
    """Runs detector, tracker, zones and lines of one camera.

    ``at`` is the time of the video in seconds (it measures speeds, visits and cooldowns, and runs at the camera's pace
    even when the day runs fast); ``now`` is the clock's (it decides what is armed).
    """

    def __init__(self, camera: Camera, detector: Detector, zone: ZoneInfo) -> None:
        self._camera = camera
        self._detector = detector
        self._tracker = Tracker(TrackLimits(sure=camera.scores[0]))
        self._zones = [ZoneWatch(area.name, area.polygon) for area in camera.zones]
        self._guards = {area.name: _Guard(camera) for area in camera.zones if area.kind == "intrusion"}
        self._hours = {area.name: ArmedHours(area.armed, zone) for area in camera.zones}
        self._crowds = {
            area.name: (Crowd(area.capacity, area.crowd_s), area.capacity) for area in camera.zones if area.capacity
        }
        self._loitering = {area.name: Loitering(area.loiter_s) for area in camera.zones if area.loiter_s}
        self._lines = [LineCounter(line.name, line.a, line.b) for line in camera.lines]

    def analyse(self, image: Image, at: float, now: datetime) -> Analysis:
        """Take the frame ``image`` (height x width x 3, BGR) at ``at`` seconds of the video."""
        detections = self._detector.detect(image)
        tracks = self._tracker.update([d for d in detections if not self._ignored(d)], at)
        visits = [visit for watch in self._zones for visit in watch.update(tracks, at)]
        crossings = [crossing for line in self._lines for crossing in line.update(tracks, at)]
        intrusions = self._intrusions(image, detections, tracks, at, now)
        return Analysis(
            tuple(tracks),
            tuple(visits),
            tuple(crossings),
            tuple(intrusions),
            tuple(self._crowding(at)),
            tuple(self._loiterers(image, [*(d.box for d in detections), *(t.box for t in tracks)], at, now)),
            self._values(tracks),
        )

    def _ignored(self, detection: Detection) -> bool:
        return any(inside(detection.box.foot, area) for area in self._camera.ignore)

    def _intrusions(
        self, image: Image, detections: Sequence[Detection], tracks: Sequence[Track], at: float, now: datetime
    ) -> list[CameraIntrusion]:
        found = []
        for watch in self._zones:
            guard = self._guards.get(watch.name)
            if guard is None:
                continue
            here = watch.inside_now(tracks)
            track = guard.update(here, watch.visitors, at, self._hours[watch.name].armed(now))
            if track is not None:
                found.append(self._intrusion(image, detections, tracks, watch, track, len(here)))
        return found

    def _intrusion(
        self,
        image: Image,
        detections: Sequence[Detection],
        tracks: Sequence[Track],
        watch: ZoneWatch,
        number: int,
        people: int,
    ) -> CameraIntrusion:
        boxes = [*(d.box for d in detections), *(t.box for t in tracks)]
        score = next(track.score for track in tracks if track.id == number)
        return CameraIntrusion(
            zone=watch.name,
            track=number,
            confidence=round(min(1.0, score), 3),
            people=people,
            still=still(image, boxes, watch.polygon) if self._camera.stills else None,
        )

    def _crowding(self, at: float) -> Iterator[CameraCrowding]:
        for watch in self._zones:
            if watch.name in self._crowds:
                crowd, capacity = self._crowds[watch.name]
                people = len(watch.visitors)
                if (active := crowd.update(people, at)) is not None:
                    yield CameraCrowding(zone=watch.name, people=people, capacity=capacity, active=active)

    def _loiterers(self, image: Image, boxes: list[Box], at: float, now: datetime) -> Iterator[CameraLoitering]:
        for watch in self._zones:
            # Who is there when the zone is armed is told then: only those told are remembered.
            if watch.name not in self._loitering or not self._hours[watch.name].armed(now):
                continue
            for track, stayed in self._loitering[watch.name].update(watch.since, at).items():
                shown = still(image, boxes, watch.polygon) if self._camera.stills else None
                yield CameraLoitering(zone=watch.name, track=track, seconds=round(stayed, 1), still=shown)

    def _values(self, tracks: Sequence[Track]) -> dict[str, float]:
        values: dict[str, float] = {"people": len(tracks)}
        for watch in self._zones:
            values[f"zone.{watch.name}.people"] = len(watch.visitors)
        for line in self._lines:
            values[f"line.{line.name}.in"] = line.ins
            values[f"line.{line.name}.out"] = line.outs
        return values
