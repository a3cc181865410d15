"""A camera's health: pictures a second against what it should give, and how long it was blind or tampered with."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from campus.series.store import Sample
from devices.health.finding import Finding

# Kinds of tampering in which nothing can be seen at all; the others leave a picture that is worth less.
BLIND = frozenset({"covered", "dark", "overexposed", "frozen", "disconnected"})


def slow_frames(samples: Sequence[Sample], wanted: float, share: float = 0.7, fewest: int = 5) -> Finding | None:
    """The median of the pictures a second (ascending window) is under ``share`` of ``wanted``."""
    if len(samples) < fewest:
        return None
    rate = median(sample.value for sample in samples)
    if rate >= share * wanted:
        return None
    why = f"{rate:.1f} pictures a second of {wanted:.3g}"
    return Finding("slow_frames", "fps", samples[0].ts, why, {"rate": round(rate, 1), "wanted": float(f"{wanted:.3g}")})


def tampered(kind: str, since_ms: int, now_ms: int, patience_ms: int = 60_000) -> Finding | None:
    """A camera that says for longer than ``patience_ms`` that it is blind or not what it was; "" is a clear one.

    ``kind`` is that of its last `camera.tamper` event that is active.
    """
    if not kind or now_ms - since_ms < patience_ms:
        return None
    minutes = (now_ms - since_ms) / 60_000
    figures: dict[str, float | str] = {"kind": kind, "minutes": round(minutes)}
    return Finding(
        "blind" if kind in BLIND else "tampered", "picture", since_ms, f"{kind} for {minutes:.0f} min", figures
    )
