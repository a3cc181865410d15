"""Crowding and loitering: decisions over who is on a visit to a zone, and for how long."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

MOST = 0.8  # share of the pictures that must agree: a detector misses somebody now and then
ROOM = 0.8  # a crowd is over when the zone is filled to less than this share of its capacity


class Crowd:
    """Whether a zone holds more than ``capacity`` people, for ``seconds`` of the video; over when there is room."""

    def __init__(self, capacity: int, seconds: float) -> None:
        self._capacity = capacity
        self._seconds = seconds
        self._counts: deque[tuple[float, int]] = deque()
        self.active = False

    def update(self, people: int, at: float) -> bool | None:
        """Take the people in the zone at ``at``; True when it is crowded now, False when no longer, None: no change."""
        self._counts.append((at, people))
        # One count older than the window stays, so that the window is known to be covered whole.
        while len(self._counts) > 1 and self._counts[1][0] <= at - self._seconds:
            self._counts.popleft()
        whole = self._counts[0][0] <= at - self._seconds
        if not whole or not self._most_are(crowded=not self.active):
            return None
        self.active = not self.active
        return self.active

    def _most_are(self, *, crowded: bool) -> bool:
        room = ROOM * self._capacity
        agree = sum(people > self._capacity if crowded else people <= room for _, people in self._counts)
        return agree >= MOST * len(self._counts)


class Loitering:
    """Who stays on a visit for more than ``seconds`` of the video; each visit is told once."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._told: set[int] = set()

    def update(self, visits: Mapping[int, float], at: float) -> dict[int, float]:
        """Given since when each track is on a visit, those who have stayed too long just now and how long (s)."""
        self._told &= visits.keys()
        late = {track: at - since for track, since in visits.items() if at - since >= self._seconds}
        fresh = {track: stayed for track, stayed in late.items() if track not in self._told}
        self._told |= fresh.keys()
        return fresh
