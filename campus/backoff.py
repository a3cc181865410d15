"""How long to wait before the next try: the one answer for brokers, cameras, terminals and programs."""

from __future__ import annotations

import random
from collections.abc import Callable

MAX_BACKOFF_S = 30.0


def backoff(attempt: int, draw: Callable[[float, float], float] = random.uniform) -> float:
    """Seconds to wait before connection attempt ``attempt`` (from 0): full jitter under a doubling, capped ceiling.

    Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015. A campus of devices must not
    return as one wave.
    """
    return draw(0.0, min(MAX_BACKOFF_S, 0.5 * 2 ** min(attempt, 10)))
