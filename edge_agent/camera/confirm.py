"""N of M: something counts as real when it was seen in N of the last M frames."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable


class Confirmation:
    """Remembers for each key (a track in a zone, say) whether it was seen in the last ``m`` frames."""

    def __init__(self, n: int, m: int) -> None:
        if not 1 <= n <= m:
            raise ValueError(f"N of M needs 1 <= N <= M, not {n} of {m}")
        self.n = n
        self.m = m
        self._seen: dict[int, deque[bool]] = {}

    def update(self, present: Iterable[int]) -> frozenset[int]:
        """Take the keys seen in this frame; return the keys that are confirmed now."""
        here = set(present)
        for key in here - self._seen.keys():
            self._seen[key] = deque(maxlen=self.m)
        for key, history in self._seen.items():
            history.append(key in here)
        self._seen = {key: history for key, history in self._seen.items() if any(history)}
        return frozenset(key for key, history in self._seen.items() if sum(history) >= self.n)
