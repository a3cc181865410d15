"""Headset sessions that last too long, or are held where no lesson is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from alerts.conditions.signal import Signal, moment_of, of_device
from alerts.life.words import both
from alerts.ports import RollBook
from alerts.rules.joined_rules import LabSessionRule
from campus.envelope import Envelope
from campus.events import LabSeatLeft, LabSeatTaken

NO_LESSON = both("此处当前没有课程", "no lesson is held here now")
TOO_LONG = both("单次使用时间过长", "the session lasts too long")


class LabSessions:
    """Turns seats taken and left into signals; the subject is the lab and the seat."""

    def __init__(self, rules: Sequence[LabSessionRule], roll_book: RollBook) -> None:
        self._rules = rules
        self._roll_book = roll_book

    def heard(
        self, conn: sa.Connection, envelope: Envelope, event: LabSeatTaken | LabSeatLeft, now: datetime
    ) -> list[Signal]:
        """The signals of one event; a session told late, which may be over, raises nothing."""
        return [one for rule in self._rules if (one := self._judge(conn, rule, envelope, event, now)) is not None]

    def _judge(
        self,
        conn: sa.Connection,
        rule: LabSessionRule,
        envelope: Envelope,
        event: LabSeatTaken | LabSeatLeft,
        now: datetime,
    ) -> Signal | None:
        place = envelope.source.place
        if not rule.covers(place):
            return None
        cause = of_device(envelope)
        cause = msgspec.structs.replace(cause, subject=f"{cause.subject}/{event.seat}"[:128])
        if isinstance(event, LabSeatLeft):
            return Signal(rule=rule, cause=cause, tripped=False, at=moment_of(envelope))
        if envelope.late:
            return None
        if rule.without_lesson and place and self._roll_book.expected_in(conn, cause.school, place, now) is not None:
            return None
        reason = NO_LESSON if rule.without_lesson else TOO_LONG
        return Signal(rule=rule, cause=cause, tripped=True, at=moment_of(envelope), reason=reason, fresh=True)
