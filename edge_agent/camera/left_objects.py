"""Tells things that were left in a zone and lie there alone, and that they are gone."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from campus.events import CameraObjectLeft
from edge_agent.camera.evidence import still
from edge_agent.camera.geometry import inside
from edge_agent.camera.schedule import ArmedHours
from edge_agent.camera.seen import Seen
from edge_agent.camera.things import Thing, Things
from edge_agent.settings import Camera


class LeftObjectWatch:
    """Watches the zones of ``camera`` that have ``object_s``; ``zone`` is the school's time zone."""

    def __init__(self, camera: Camera, zone: ZoneInfo) -> None:
        self._things = Things(camera.objects)
        self._relearn_s = camera.objects.relearn_min * 60
        self._areas = [(area, ArmedHours(area.armed, zone)) for area in camera.zones if area.object_s]
        self._stills = camera.stills
        self._told: dict[int, CameraObjectLeft] = {}
        self._lying = 0

    def update(self, seen: Seen) -> Iterator[CameraObjectLeft]:
        """Take the next frame."""
        things = {thing.number: thing for thing in self._things.update(seen.image, seen.tracks, seen.at)}
        for number in [number for number in self._told if number not in things]:
            yield self._over(number)
        for thing in things.values():
            if thing.number not in self._told:
                yield from self._left(thing, seen)
            elif seen.at - thing.since > self._relearn_s:
                self._things.absorb(thing.number)
                yield self._over(thing.number)

    def values(self) -> dict[str, float]:
        """How many things lie alone."""
        return {"objects": len(self._told)}

    def _left(self, thing: Thing, seen: Seen) -> Iterator[CameraObjectLeft]:
        alone = seen.at - thing.alone_since
        for area, hours in self._areas:
            if alone < area.object_s or not inside(thing.box.foot, area.polygon) or not hours.armed(seen.now):
                continue
            picture = still(seen.image, seen.boxes, thing.box.grown(0.2).corners) if self._stills else None
            event = CameraObjectLeft(
                active=True, zone=area.name, thing=thing.number, seconds=round(alone, 1), still=picture
            )
            self._told[thing.number] = event
            yield event
            return

    def _over(self, number: int) -> CameraObjectLeft:
        told = self._told.pop(number)
        return CameraObjectLeft(active=False, zone=told.zone, thing=number, seconds=told.seconds)
