"""How well a gate's reader read in the last hour: passes, and cards that it could not read."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)
# What a source counts when somebody presented a card and no number came of it. Codes that were refused were read well.
UNREAD = ("bad_lines", "bad_alerts")


class LastHour:
    """Counters since the start in, those of the last hour out; a look each minute is kept."""

    def __init__(self) -> None:
        self._looks: deque[tuple[datetime, int, float]] = deque()

    def update(self, passes: int, health: dict[str, float], now: datetime) -> dict[str, float]:
        """`passes_hour` and `errors_hour` at ``now``; ``health`` is the source's own."""
        errors = sum(health.get(name, 0.0) for name in UNREAD)
        if not self._looks:
            self._looks.append((now, 0, 0.0))  # nothing had passed at the start
        # One look older than an hour stays, so that the hour is covered whole.
        while len(self._looks) > 1 and self._looks[1][0] <= now - HOUR:
            self._looks.popleft()
        _, passes_then, errors_then = self._looks[0]
        if now - self._looks[-1][0] >= timedelta(minutes=1):
            self._looks.append((now, passes, errors))
        return {"passes_hour": float(passes - passes_then), "errors_hour": errors - errors_then}
