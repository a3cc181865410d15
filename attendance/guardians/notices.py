"""Values of what there is to tell guardians: a student's day, notices as they stand, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from attendance.policy import MACHINE, Direction, Status

NoticeKind = Literal["arrived", "left", "back", "absent", "leave", "corrected"]
NoticeState = Literal["held", "waiting", "lettered", "failed", "dropped"]
Claim = Literal["there", "absent", "excused", "unknown"]
Facts = Mapping[str, str | int | None]

_THERE = ("present", "late", "left_early")


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """When notices go out: an absence after ``settle``, everything after ``gather``, nothing once it is stale.

    ``gather`` is how long a notice waits for others of the same guardian. ``fresh`` is how long an arrival and a
    leaving are news. ``quiet`` are minutes after local midnight between which nothing goes out, None for none.
    """

    zone: ZoneInfo
    settle: timedelta = timedelta(minutes=10)
    gather: timedelta = timedelta(minutes=2)
    fresh: timedelta = timedelta(minutes=60)
    absence: timedelta = timedelta(hours=10)
    correction: timedelta = timedelta(hours=48)
    decision: timedelta = timedelta(hours=72)
    quiet: tuple[int, int] | None = (21 * 60 + 30, 6 * 60 + 30)


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """The current mark of the arrival session; ``at`` is when the student came, or when the mark was given."""

    status: Status | None
    why: str
    at: datetime
    by: str = MACHINE
    minutes: int | None = None  # late

    @property
    def claim(self) -> Claim | None:
        """What the mark says of the student's being here; None while nothing is known."""
        return claim_of(self.status)


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """A passage of the day, ``repeat``s left out."""

    id: str
    at: datetime
    direction: Direction


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """A decision on leave."""

    id: str
    state: str  # approved | refused | withdrawn
    at: datetime
    starts: datetime
    ends: datetime


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to tell of one student's day."""

    day: str  # as YYYYMMDD
    arrival: Arrival | None = None
    passages: Sequence[Gone] = ()
    decisions: Sequence[Decision] = ()


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as it stands, of the same guardian, student and day."""

    id: str
    key: str
    kind: NoticeKind
    status: Status | None
    state: NoticeState
    why: str
    at: datetime


class New(msgspec.Struct, frozen=True, kw_only=True):
    """A notice to make; ``held`` and ``dropped`` ones are made, too, so that the office sees why nothing was sent."""

    key: str
    kind: NoticeKind
    status: Status | None
    facts: Facts
    state: NoticeState
    why: str
    at: datetime
    send_at: datetime | None
    stale_at: datetime | None


class Drop(msgspec.Struct, frozen=True, kw_only=True):
    """A notice that was not sent, and is not to be: it is no longer so, or no longer wanted."""

    id: str
    why: str


Step = New | Drop


def claim_of(status: Status | None) -> Claim | None:
    """Here, absent, excused or unknown; None for no status."""
    if status is None:
        return None
    if status in _THERE:
        return "there"
    return status if status == "absent" or status == "unknown" else "excused"


def after_quiet(at: datetime, quiet: tuple[int, int] | None, zone: ZoneInfo) -> datetime:
    """``at``, or the end of the ``quiet`` hours that it falls into; hours may go over midnight."""
    if quiet is None or quiet[0] == quiet[1]:
        return at
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    starts, ends = quiet
    within = starts <= minute < ends if starts < ends else minute >= starts or minute < ends
    if not within:
        return at
    day = local.date() + timedelta(days=1 if starts > ends and minute >= starts else 0)
    return datetime.combine(day, time(ends // 60, ends % 60), zone).astimezone(at.tzinfo)
