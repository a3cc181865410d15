"""A device that comes and goes: its silences of the last hour, those of its parent left out."""

from __future__ import annotations

from collections.abc import Sequence

from devices.health.finding import Finding

HOUR = 3_600_000
# Two silences in an hour are a restart and bad luck; three are a loose plug, a weak signal or a dying power supply.
OFTEN = 3


def flapping(silences: Sequence[int], now_ms: int, window_ms: int = HOUR) -> Finding | None:
    """At least `OFTEN` of the moments in ``silences`` (epoch milliseconds) lie in the window before ``now_ms``."""
    recent = sorted(at for at in silences if now_ms - window_ms < at <= now_ms)
    if len(recent) < OFTEN:
        return None
    why = f"silent {len(recent)} times in the last hour"
    return Finding("flapping", "presence", recent[0], why, {"n": len(recent)})
