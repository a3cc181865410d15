"""Shares of schools and districts, now and against their own past. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import msgspec

WEEKS = 4  # a day is held against the same weekday of so many weeks before
FEWEST_DAYS = 2  # one day is no habit


class CityShare(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A share between 0 and 1 and what it usually is.

    ``usual`` is the mean of the same weekday of the past four weeks (``days`` of them are known), ``difference`` is
    ``now`` less ``usual``. None where it is not known, or not shown because it tells of few (``hidden``).
    """

    now: float | None = None
    usual: float | None = None
    difference: float | None = None
    days: int = 0
    hidden: bool = False


HIDDEN = CityShare(hidden=True)


class Count(msgspec.Struct, frozen=True, gc=False):
    """A part of a whole, on one day: students who came of those due, or device hours up of all."""

    part: float
    whole: float


def past_days(today: date) -> tuple[date, ...]:
    """The same weekday of the weeks before, the newest first."""
    return tuple(today - timedelta(weeks=week) for week in range(1, WEEKS + 1))


def share(today: Count | None, past: Iterable[Count | None]) -> CityShare:
    """A share against its past; days without anything to count are left out."""
    now = _rate(today)
    days = [rate for one in past if (rate := _rate(one)) is not None]
    usual = sum(days) / len(days) if len(days) >= FEWEST_DAYS else None
    difference = now - usual if now is not None and usual is not None else None
    return CityShare(now=now, usual=usual, difference=difference, days=len(days))


def pooled(counts: Sequence[Count | None]) -> Count | None:
    """Several schools' counts of one day as one; None when there are none."""
    found = [one for one in counts if one is not None and one.whole > 0]
    return Count(sum(one.part for one in found), sum(one.whole for one in found)) if found else None


def _rate(one: Count | None) -> float | None:
    return one.part / one.whole if one is not None and one.whole > 0 else None
