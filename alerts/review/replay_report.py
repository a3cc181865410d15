"""What a replay tells the author of draft rules: alarms a day, load, differences from what was raised, precision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from alerts.life.lifecycle import Outcome
from alerts.review.replay import Replayed
from alerts.tables import alarms

# A replayed alarm and a raised one are the same when rule and subject are, and they began this close together.
SAME_WITHIN = timedelta(minutes=10)
TEN_MINUTES = timedelta(minutes=10)


class Raised(msgspec.Struct, frozen=True):
    """An alarm that was raised then, and what it turned out to be."""

    school: str
    rule: str
    subject: str
    raised_at: datetime
    outcome: Outcome | None


class RuleFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One rule in the replay. ``precision``: of its alarms with a recorded outcome, the share that was true."""

    alarms: int
    also_raised: int
    judged: int
    precision: float | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The whole report. ``gone`` was raised then and would not be; ``new`` would be and was not."""

    since: datetime
    until: datetime
    alarms: int
    days: dict[date, int]
    rules: dict[str, RuleFigures]
    new: tuple[Replayed, ...]
    gone: tuple[Raised, ...]
    guards: int
    per_guard_mean: float  # alarms a guard has to take in 10 minutes, over the whole time
    per_guard_worst: float  # the same in the worst 10 minutes
    flood_minutes: float  # time in 10-minute stretches with more than 10 alarms a guard (EEMUA 191)


def raised(conn: sa.Connection, schools: Sequence[str], since: datetime, until: datetime) -> list[Raised]:
    """What was raised from ``since`` to ``until``, oldest first."""
    columns = [alarms.c[name] for name in Raised.__struct_fields__]
    there = (alarms.c.school.in_(schools), alarms.c.raised_at >= since, alarms.c.raised_at < until)
    return [Raised(*row) for row in conn.execute(sa.select(*columns).where(*there).order_by(alarms.c.raised_at))]


def compare(
    found: Sequence[Replayed],
    then: Sequence[Raised],
    since: datetime,
    until: datetime,
    zone: ZoneInfo,
    guards: int = 1,
) -> Report:
    """Hold what a replay ``found`` against what was raised ``then``."""
    pairs, gone = _pair(found, then)
    worst, flood = _load([one.raised_at for one in found], guards)
    stretches = max((until - since) / TEN_MINUTES, 1.0)
    return Report(
        since=since,
        until=until,
        alarms=len(found),
        days=dict(sorted(Counter(one.raised_at.astimezone(zone).date() for one in found).items())),
        rules={rule: _figures(rule, pairs) for rule in sorted({one.rule for one in found})},
        new=tuple(one for one, same in pairs if same is None),
        gone=tuple(gone),
        guards=guards,
        per_guard_mean=len(found) / stretches / guards,
        per_guard_worst=worst,
        flood_minutes=flood,
    )


def _pair(
    found: Sequence[Replayed], then: Sequence[Raised]
) -> tuple[list[tuple[Replayed, Raised | None]], list[Raised]]:
    left = list(then)
    pairs: list[tuple[Replayed, Raised | None]] = []
    for one in found:
        same = [
            other
            for other in left
            if (other.school, other.rule, other.subject) == (one.school, one.rule, one.subject)
            and abs(other.raised_at - one.raised_at) <= SAME_WITHIN
        ]
        best = min(same, key=lambda other: abs(other.raised_at - one.raised_at), default=None)
        if best is not None:
            left.remove(best)
        pairs.append((one, best))
    return pairs, left


def _figures(rule: str, pairs: Sequence[tuple[Replayed, Raised | None]]) -> RuleFigures:
    mine = [same for one, same in pairs if one.rule == rule]
    matched = [same for same in mine if same is not None]
    judged = [same.outcome for same in matched if same.outcome in ("true", "false")]
    return RuleFigures(
        alarms=len(mine),
        also_raised=len(matched),
        judged=len(judged),
        precision=judged.count("true") / len(judged) if judged else None,
    )


def _load(moments: Sequence[datetime], guards: int) -> tuple[float, float]:
    """The worst alarms per guard in a fixed stretch of 10 minutes, and the minutes with more than 10."""
    counts = Counter(int(moment.timestamp()) // 600 for moment in moments)
    flood = sum(10.0 for count in counts.values() if count / guards > 10)
    return max(counts.values(), default=0) / guards, flood
