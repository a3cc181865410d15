"""Which of the waiting messages go next: what is live at once, what is late at a bounded rate beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

from edge_agent.spool import Spool, Waiting

LATE_SHARE = 4  # of the room in flight, one part in so many is for what is late, however much is live
BURST_S = 0.25  # so many seconds' worth of late messages at once


class Drain:
    """Chooses for the uplink. Within a device's live messages, and within its late ones, the order is kept.

    An event never overtakes an earlier event of its device: an alarm that was cleared would be raised for good.
    ``per_s`` late messages a second are sent at most; ``seconds`` tells real time.
    """

    def __init__(self, spool: Spool, per_s: float, seconds: Callable[[], float] = time.monotonic) -> None:
        self._spool = spool
        self._per_s = per_s
        self._seconds = seconds
        self._burst = max(1.0, per_s * BURST_S)
        self._credit = self._burst
        self._at = seconds()

    def next(self, flying: Collection[int], room: int) -> list[Waiting]:
        """Up to ``room`` messages that are not ``flying`` yet."""
        self._earn()
        late_room = min(int(self._credit), room, max(1, room // LATE_SHARE))
        late = self._spool.late(late_room, flying) if late_room else []
        live = self._spool.live(room - len(late), flying)
        if len(late) == late_room:
            more = min(int(self._credit), room - len(live)) - len(late)
            late += self._spool.late(more, {*flying, *(one.id for one in late)}) if more > 0 else []
        self._credit -= len(late)
        return [*live, *late]

    def _earn(self) -> None:
        now = self._seconds()
        self._credit = min(self._burst, self._credit + (now - self._at) * self._per_s)
        self._at = now
