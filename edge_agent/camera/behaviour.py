"""Crowding and loitering: decisions over who is on a visit to a zone, and for how long."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

MOST = 0.8  # share of the pictures that must agree: a detector misses somebody now and then
ROOM = 0.8  # a crowd is over when the zone is filled to less than this share of its capacity


class Lasting:
    """A condition that counts once it held in most pictures of ``seconds`` of the video; and is over likewise."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._looks: deque[tuple[float, bool, bool]] = deque()
        self.active = False

    def update(self, at: float, *, begins: bool, over: bool) -> bool | None:
        """Take whether it holds, or is over, at ``at``; True when it counts from now, False when no longer."""
        self._looks.append((at, begins, over))
        # One look older than the window stays, so that the window is known to be covered whole.
        while len(self._looks) > 1 and self._looks[1][0] <= at - self._seconds:
            self._looks.popleft()
        agree = sum(look[2] if self.active else look[1] for look in self._looks)
        if self._looks[0][0] > at - self._seconds or agree < MOST * len(self._looks):
            return None
        self.active = not self.active
        return self.active


class Crowd:
    """Whether a zone holds more than ``capacity`` people, for ``seconds`` of the video; over when there is room."""

    def __init__(self, capacity: int, seconds: float) -> None:
        self.capacity = capacity
        self._lasting = Lasting(seconds)

    def update(self, people: int, at: float) -> bool | None:
        """Take the people in the zone at ``at``; True when it is crowded now, False when no longer, None: no change."""
        return self._lasting.update(at, begins=people > self.capacity, over=people <= ROOM * self.capacity)


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
