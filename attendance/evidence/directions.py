"""Which way a student went: directions of a day's passes, repaired where the lane did not know them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from attendance.policy import Direction

# A second tap at the same gate this soon is the same passage, not the way back.
REPEAT = timedelta(seconds=30)


class Tap(msgspec.Struct, frozen=True, kw_only=True):
    """One presented card as stored; ``stated`` is the direction the lane said, None when it does not know."""

    id: str
    at: datetime
    gate: str
    place: str | None
    stated: Direction | None
    late: bool = False
    suspect: bool = False


class Passage(msgspec.Struct, frozen=True):
    """A tap with its direction; ``repeat`` when it only repeats the tap before it."""

    tap: Tap
    direction: Direction
    repeat: bool


def walk(taps: Iterable[Tap], dismissal: datetime | None) -> list[Passage]:
    """The passages of one student on one day, in order of time, whatever the order of ``taps``.

    A day begins outside. A lane that does not know its direction is taken as the way the student is not: out when
    inside, in when outside; a first tap at or after ``dismissal`` is someone leaving whose morning tap was missed.
    Taps whose time is nobody's knowledge (stored offline by a gate with a wrong clock) are left out.
    """
    passages: list[Passage] = []
    for tap in sorted((t for t in taps if not (t.late and t.suspect)), key=lambda t: (t.at, t.gate, t.id)):
        before = passages[-1] if passages else None
        direction = tap.stated or _guess(tap, before, dismissal)
        passages.append(Passage(tap, direction, before is not None and _repeats(tap, direction, before)))
    return passages


def _guess(tap: Tap, before: Passage | None, dismissal: datetime | None) -> Direction:
    if before is None:
        return "out" if dismissal is not None and tap.at >= dismissal else "in"
    if _soon_after(tap, before):
        return before.direction
    return "out" if before.direction == "in" else "in"


def _repeats(tap: Tap, direction: Direction, before: Passage) -> bool:
    return direction == before.direction and _soon_after(tap, before)


def _soon_after(tap: Tap, before: Passage) -> bool:
    return tap.gate == before.tap.gate and tap.at - before.tap.at <= REPEAT
