"""Which student a headset belongs to: by the card tapped at the lab's reader before it was put on; pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta


class Taps:
    """Cards that wait for their headset. A wrong student is worse than an unknown one: in doubt nobody is named.

    One card that waits belongs to the next headset that is put on. When several wait, nobody can tell whose is whose,
    unless students sit down ``in_order`` of tapping: then the first tap belongs to the first of ``seats``, and so on.
    """

    def __init__(self, waits: timedelta, seats: Sequence[str], *, in_order: bool) -> None:
        self._waits = waits
        self._seats = list(seats)
        self._in_order = in_order
        self._waiting: list[tuple[str, datetime]] = []
        self._assigned: dict[str, tuple[str, datetime]] = {}
        self.doubtful = 0

    def tap(self, credential: str, taken: Sequence[str], now: datetime) -> None:
        """A card was tapped ``now``, while the seats ``taken`` had somebody in them."""
        self._forget(now)
        if not self._in_order:
            self._waiting = [one for one in self._waiting if one[0] != credential] + [(credential, now)]
            return
        if credential in {card for card, _ in self._assigned.values()}:
            return
        free = [seat for seat in self._seats if seat not in self._assigned and seat not in taken]
        if free:
            self._assigned[free[0]] = (credential, now)

    def claim(self, seat: str, now: datetime) -> str | None:
        """The credential of who takes ``seat`` ``now``; None: unknown."""
        self._forget(now)
        if self._in_order:
            return self._assigned.pop(seat, (None, now))[0]
        if len(self._waiting) == 1:
            return self._waiting.pop()[0]
        self.doubtful += len(self._waiting) > 1
        return None

    def _forget(self, now: datetime) -> None:
        self._waiting = [one for one in self._waiting if now - one[1] <= self._waits]
        self._assigned = {seat: one for seat, one in self._assigned.items() if now - one[1] <= self._waits}
