"""A token bucket: how many messages an endpoint takes a minute, as its service says."""

from __future__ import annotations

from datetime import datetime


class TokenBucket:
    """At most ``per_minute`` in any 60 seconds: half of them at once, the other half evenly over the minute.

    A full bucket that is refilled at the full rate would let nearly twice as many pass in its first minute.
    """

    def __init__(self, per_minute: int) -> None:
        self._size = max(1.0, per_minute / 2)
        self._per_second = max(per_minute - self._size, 0.5) / 60
        self._tokens = self._size
        self._at: datetime | None = None

    def wait_s(self, now: datetime) -> float:
        """Seconds until a token is there; 0 when one is."""
        self._refill(now)
        return max(0.0, (1 - self._tokens) / self._per_second)

    def take(self, now: datetime) -> None:
        """Use up a token."""
        self._refill(now)
        self._tokens -= 1

    def empty(self, now: datetime) -> None:
        """The service says that it had too many: wait for a full minute."""
        self._at, self._tokens = now, 1 - 60 * self._per_second

    def _refill(self, now: datetime) -> None:
        passed = (now - self._at).total_seconds() if self._at else 0.0
        self._at = now
        self._tokens = min(self._size, self._tokens + max(passed, 0.0) * self._per_second)
