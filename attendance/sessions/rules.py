"""How each kind of session is taken: its window about the bell, as the school set it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Literal, get_args
from zoneinfo import ZoneInfo

import msgspec

from attendance.calendar.schoolday import Bell, SchoolDay, arrival_window, moment
from attendance.policy import Window

SessionKind = Literal["arrival", "exercise", "lesson", "lab", "lunch", "dismissal", "night"]
SESSION_KINDS: tuple[SessionKind, ...] = get_args(SessionKind)
_LAST_MINUTE = 24 * 60 - 1


class SessionRule(msgspec.Struct, frozen=True, kw_only=True):
    """The window of a kind of session, in minutes about its bell.

    Evidence counts from ``before`` the bell; up to ``grace`` after it is in time; after ``closes`` absence is decided;
    who leaves less than ``early`` before the end did not leave early.
    """

    kind: SessionKind
    taken: bool = False
    before: int = 5
    grace: int = 5
    closes: int = 15
    early: int = 5


# Arrival alone is taken unless the school says otherwise: a roll nobody reads is personal data for nothing.
DEFAULTS: Mapping[str, SessionRule] = {
    rule.kind: rule
    for rule in (
        SessionRule(kind="arrival", taken=True),
        SessionRule(kind="exercise", before=10, grace=3, closes=8, early=3),
        SessionRule(kind="lesson"),
        SessionRule(kind="lab"),
        SessionRule(kind="lunch", before=0, grace=30, closes=60, early=60),
        SessionRule(kind="dismissal", before=0, grace=0, closes=0, early=0),
        SessionRule(kind="night", before=60, grace=0, closes=15, early=0),
    )
}


def rules_of(said: Iterable[SessionRule]) -> dict[str, SessionRule]:
    """The rule of every kind: what the school said, the default where it said nothing."""
    return {**DEFAULTS, **{rule.kind: rule for rule in said}}


def window_of(shape: SchoolDay, bell: Bell, rule: SessionRule, watched_from: datetime, zone: ZoneInfo) -> Window:
    """The window of a session of ``rule`` at ``bell``.

    A dismissal is decided when its period ends and a night check keeps listening until midnight: who comes back then is
    late, not missing.
    """
    if rule.kind == "arrival":
        return arrival_window(shape, bell, watched_from, zone)
    late = bell.starts + rule.grace
    closes = max(late, bell.starts + rule.closes)
    until = max(closes, bell.ends - rule.early)
    if rule.kind == "dismissal":
        late = closes = bell.ends
    if rule.kind in ("dismissal", "night"):
        until = _LAST_MINUTE
    return Window(
        opens_at=_at(shape.day, bell.starts - rule.before, zone),
        late_at=_at(shape.day, late, zone),
        closes_at=_at(shape.day, closes, zone),
        until_at=_at(shape.day, until, zone),
        watched_from=watched_from,
    )


def _at(day: date, minute: int, zone: ZoneInfo) -> datetime:
    return moment(day, min(max(minute, 0), _LAST_MINUTE), zone)
