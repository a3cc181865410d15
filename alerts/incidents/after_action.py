"""What an incident or a drill shows afterwards: how fast everybody was accounted for, and where it took longest."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from alerts.incidents.incidents import SAFE, Incident, MusterLine


class ClassTime(msgspec.Struct, frozen=True, kw_only=True):
    """One class: how many were accounted for, and after how many seconds the last of them; None while some are not."""

    class_id: str
    total: int
    accounted: int
    complete_s: float | None


class AfterAction(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a muster. ``within``: seconds until 50, 90 and 100 % were accounted for, None if never."""

    total: int
    accounted: int
    missing: int
    open: int
    within: dict[int, float | None]
    classes: tuple[ClassTime, ...]  # the slowest first; those not complete before all others


def after_action(incident: Incident, lines: Sequence[MusterLine], left: Mapping[str, datetime]) -> AfterAction:
    """Compute the figures. ``left``: when students were seen going out of a gate since the incident began; who left the
    site is in safety.
    """
    safe = {line.student: at for line in lines if (at := safe_at(line, left.get(line.student))) is not None}
    seconds = sorted((at - incident.opened_at).total_seconds() for at in safe.values())
    by_class: dict[str, list[MusterLine]] = defaultdict(list)
    for line in lines:
        by_class[line.class_id].append(line)
    classes = [_class_time(incident, class_id, members, safe) for class_id, members in by_class.items()]
    return AfterAction(
        total=len(lines),
        accounted=len(safe),
        missing=sum(line.state == "missing" and line.student not in safe for line in lines),
        open=sum(line.state == "open" and line.student not in safe for line in lines),
        within={share: _reached(seconds, len(lines), share) for share in (50, 90, 100)},
        classes=tuple(sorted(classes, key=_slowness)),
    )


def safe_at(line: MusterLine, left_at: datetime | None) -> datetime | None:
    """Since when a student is known to be in safety; None while nobody knows.

    The gate's word does not need a person, and a person's word stands against it: who is said to be missing after the
    gate saw somebody go out with the card is missing.
    """
    if line.state in SAFE:
        return line.at if left_at is None or line.at is None else min(line.at, left_at)
    if line.state == "missing" and left_at is not None and line.at is not None and line.at > left_at:
        return None
    return left_at


def _class_time(
    incident: Incident, class_id: str, members: Sequence[MusterLine], safe: Mapping[str, datetime]
) -> ClassTime:
    moments = [safe[line.student] for line in members if line.student in safe]
    complete = (max(moments) - incident.opened_at).total_seconds() if len(moments) == len(members) else None
    return ClassTime(class_id=class_id, total=len(members), accounted=len(moments), complete_s=complete)


def _slowness(one: ClassTime) -> tuple[bool, float, str]:
    return one.complete_s is not None, -(one.complete_s or 0.0), one.class_id


def _reached(seconds: Sequence[float], total: int, percent: int) -> float | None:
    needed = math.ceil(total * percent / 100)
    return seconds[needed - 1] if 0 < needed <= len(seconds) else None
