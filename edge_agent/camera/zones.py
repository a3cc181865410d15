"""Who is in a zone: a visit begins and ends only when it is clear, not with every tremble at the edge."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from edge_agent.camera.geometry import Polygon, inside
from edge_agent.camera.tracker import Track

ENTER_S = 0.3  # inside for this long: a visit
LEAVE_S = 0.8  # outside or unseen for this long: the visit is over


class Visit(msgspec.Struct, frozen=True):
    """A visit of a person to a zone began, or ended (``left``). Times are seconds of the video."""

    zone: str
    track: int
    since: float
    left: float | None = None


class _Stay:
    """One person at a zone: since when inside, when last inside, and whether the visit is told yet."""

    def __init__(self, at: float) -> None:
        self.since = at
        self.inside_at = at
        self.told = False


class ZoneWatch:
    """Visits to one polygon, judged by foot points (the bottom centre of each box)."""

    def __init__(self, name: str, polygon: Polygon) -> None:
        if len(polygon) < 3:
            raise ValueError(f"zone {name!r} needs at least three corners")
        self.name = name
        self.polygon = polygon
        self._stays: dict[int, _Stay] = {}

    @property
    def visitors(self) -> frozenset[int]:
        """The tracks whose visit goes on now."""
        return frozenset(track for track, stay in self._stays.items() if stay.told)

    @property
    def since(self) -> dict[int, float]:
        """Since when (seconds of the video) each track is on the visit that goes on now."""
        return {track: stay.since for track, stay in self._stays.items() if stay.told}

    def inside_now(self, tracks: Iterable[Track]) -> frozenset[int]:
        """The tracks seen in this very frame with their foot in the zone."""
        return frozenset(t.id for t in tracks if t.unseen_s == 0 and inside(t.box.foot, self.polygon))

    def update(self, tracks: Iterable[Track], at: float) -> list[Visit]:
        """Take the people of the frame at ``at`` seconds of the video; return the visits that began or ended."""
        here = self.inside_now(tracks)
        began = [visit for track in sorted(here) if (visit := self._enter(track, at)) is not None]
        return began + self._leave(here, at)

    def _enter(self, track: int, at: float) -> Visit | None:
        stay = self._stays.get(track)
        if stay is None:
            self._stays[track] = _Stay(at)
            return None
        stay.inside_at = at
        if stay.told or at - stay.since < ENTER_S:
            return None
        stay.told = True
        return Visit(self.name, track, stay.since)

    def _leave(self, here: frozenset[int], at: float) -> list[Visit]:
        over = {t: s for t, s in self._stays.items() if t not in here and at - s.inside_at > self._patience(s)}
        for track in over:
            del self._stays[track]
        return [Visit(self.name, track, stay.since, stay.inside_at) for track, stay in over.items() if stay.told]

    def _patience(self, stay: _Stay) -> float:
        # Who only brushed the zone is forgotten sooner than who is known to be in it.
        return LEAVE_S if stay.told else ENTER_S
