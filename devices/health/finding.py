"""What is wrong with a device, and the score that follows from everything that was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

Code = Literal[
    "stuck", "jump", "drift", "gap", "battery_ending", "slow_frames", "blind", "tampered", "silent_in_rush",
    "read_errors", "hot", "battery_worn", "flapping", "calibration_due",
]  # fmt: skip

# What a finding takes from a perfect 100. A device that tells lies is worth less than one that will need a battery.
WEIGHTS: dict[Code, int] = {
    "stuck": 60, "drift": 40, "jump": 20, "gap": 30, "battery_ending": 20, "slow_frames": 30, "blind": 80,
    "tampered": 80, "silent_in_rush": 70, "read_errors": 40, "hot": 30, "battery_worn": 30, "flapping": 30,
    "calibration_due": 10,
}  # fmt: skip


class Finding(msgspec.Struct, frozen=True):
    """One thing found: what, in which metric, since when (epoch milliseconds), and the figures in English words.

    ``figures`` are those of ``why``, for a page that says it in its own language; ``form`` names the sentence where a
    code has more than one.
    """

    code: Code
    metric: str
    since: int
    why: str
    figures: Mapping[str, float | str] = {}
    form: Literal["", "range"] = ""


class Health(msgspec.Struct, frozen=True):
    """A score from 0 (useless) to 100 (nothing found) and the findings it was drawn from, the gravest first."""

    score: int
    findings: tuple[Finding, ...]


def conclude(findings: Iterable[Finding | None]) -> Health:
    """The health that follows from ``findings``; None stands for a check that found nothing."""
    found = sorted((f for f in findings if f is not None), key=lambda f: (-WEIGHTS[f.code], f.metric, f.since))
    return Health(max(0, 100 - sum(WEIGHTS[finding.code] for finding in found)), tuple(found))
