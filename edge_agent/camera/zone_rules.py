"""All that one zone tells: who is in it, intruders, crowds and loiterers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from campus.events import CameraCrowding, CameraIntrusion, CameraLoitering, Event
from edge_agent.camera.behaviour import Crowd, Loitering
from edge_agent.camera.confirm import Confirmation
from edge_agent.camera.evidence import still
from edge_agent.camera.schedule import ArmedHours
from edge_agent.camera.seen import Seen
from edge_agent.camera.zones import Visit, ZoneWatch
from edge_agent.settings import Camera, ZoneArea


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


class ZoneRules:
    """Watches one zone of ``camera``; ``zone`` is the school's time zone, in which it is armed."""

    def __init__(self, area: ZoneArea, camera: Camera, zone: ZoneInfo) -> None:
        self._area = area
        self._stills = camera.stills
        self._watch = ZoneWatch(area.name, area.polygon)
        self._hours = ArmedHours(area.armed, zone)
        self._guard = _Guard(camera) if area.kind == "intrusion" else None
        self._crowd = Crowd(area.holds, area.crowd_s) if area.holds else None
        self._loitering = Loitering(area.loiter_s) if area.loiter_s else None
        self.visits: list[Visit] = []  # that began or ended in the last frame

    def update(self, seen: Seen) -> Iterator[Event]:
        """Take the next frame."""
        self.visits = self._watch.update(seen.tracks, seen.at)
        yield from self._intrusions(seen)
        yield from self._crowding(seen.at)
        yield from self._loiterers(seen)

    def values(self) -> dict[str, float]:
        """People on a visit, and how dense they stand where the area is known (people a square metre)."""
        people = len(self._watch.visitors)
        found: dict[str, float] = {f"zone.{self._area.name}.people": people}
        if self._area.area_m2:
            found[f"zone.{self._area.name}.density"] = round(people / self._area.area_m2, 3)
        return found

    def _armed(self, now: datetime) -> bool:
        return self._hours.armed(now)

    def _intrusions(self, seen: Seen) -> Iterator[CameraIntrusion]:
        if self._guard is None:
            return
        here = self._watch.inside_now(seen.tracks)
        number = self._guard.update(here, self._watch.visitors, seen.at, self._armed(seen.now))
        if number is not None:
            score = next(track.score for track in seen.tracks if track.id == number)
            yield CameraIntrusion(
                zone=self._area.name,
                track=number,
                confidence=round(min(1.0, score), 3),
                people=len(here),
                still=self._still(seen),
            )

    def _crowding(self, at: float) -> Iterator[CameraCrowding]:
        people = len(self._watch.visitors)
        if self._crowd is not None and (active := self._crowd.update(people, at)) is not None:
            yield CameraCrowding(zone=self._area.name, people=people, capacity=self._crowd.capacity, active=active)

    def _loiterers(self, seen: Seen) -> Iterator[CameraLoitering]:
        # Who is there when the zone is armed is told then: only those told are remembered.
        if self._loitering is None or not self._armed(seen.now):
            return
        for track, stayed in self._loitering.update(self._watch.since, seen.at).items():
            yield CameraLoitering(zone=self._area.name, track=track, seconds=round(stayed, 1), still=self._still(seen))

    def _still(self, seen: Seen) -> bytes | None:
        return still(seen.image, seen.boxes, self._area.polygon) if self._stills else None
