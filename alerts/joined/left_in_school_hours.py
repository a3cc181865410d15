"""A student went out in school hours and no leave covers it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec
import sqlalchemy as sa

from alerts.conditions.signal import Cause, Signal, moment_of
from alerts.life.words import LEFT, told_late
from alerts.ports import RollBook
from alerts.rules.joined_rules import LeftInSchoolHoursRule
from campus.envelope import Envelope
from campus.facts import StudentPassed


class Decision(msgspec.Struct, frozen=True):
    """Whether the student is away without leave, and why one says so. None: the pass says nothing about it."""

    away: bool | None
    why: Literal["came_back", "leave_recorded", "school_out", "late_and_over", "no_leave"]


def decide(direction: Literal["in", "out"], *, hours_then: bool, hours_now: bool, on_leave: bool) -> Decision:
    """What a pass means. ``hours_then``: it was in school hours; ``hours_now``: it still is."""
    if direction == "in":
        return Decision(False, "came_back")
    if not hours_then:
        return Decision(False, "school_out")
    if on_leave:
        return Decision(False, "leave_recorded")
    if not hours_now:
        return Decision(None, "late_and_over")
    return Decision(True, "no_leave")


class LeftInSchoolHours:
    """Turns a student's passes into signals, and looks again while the student is out."""

    def __init__(self, rule: LeftInSchoolHoursRule, roll_book: RollBook) -> None:
        self.rule = rule
        self._roll_book = roll_book
        # The newest pass heard of each student: a gate that was offline tells late of someone who is back long since.
        # The same pass may come again after a failed transaction, so only strictly older ones are passed over.
        self._newest: dict[tuple[str, str], datetime] = {}

    def heard(self, conn: sa.Connection, envelope: Envelope, fact: StudentPassed, now: datetime) -> Signal | None:
        """The signal of one pass; None when it was told so late that a newer one, or the bell, has overtaken it."""
        at = moment_of(envelope)
        newest = self._newest.setdefault((envelope.school, fact.student), at)
        if at < newest:
            return None
        self._newest[(envelope.school, fact.student)] = at
        if fact.direction == "out" and not self.rule.covers(envelope.source.place):
            return None
        decision = self._judge(conn, envelope.school, fact, at, now)
        if decision.away is None:
            return None
        return Signal(
            rule=self.rule,
            cause=Cause(
                school=envelope.school,
                subject=fact.student,
                device=fact.gate,
                device_kind="gate",
                place=envelope.source.place,
                class_id=fact.class_id,
                event_id=envelope.id,
            ),
            tripped=decision.away,
            at=at,
            reason=told_late(LEFT) if fact.late else LEFT,
            why=decision.why,
            fresh=True,
        )

    def over(self, conn: sa.Connection, cause: Cause, now: datetime) -> str | None:
        """Why the student no longer counts as away, or None while the student does."""
        if cause.class_id and not self._roll_book.in_school_hours(conn, cause.school, cause.class_id, now):
            return "school_out"
        if self._roll_book.leave_now(conn, cause.school, cause.subject, now) is not None:
            return "leave_recorded"
        return None

    def _judge(self, conn: sa.Connection, school: str, fact: StudentPassed, at: datetime, now: datetime) -> Decision:
        if fact.direction == "in":  # the common case asks nothing of the roll book
            return decide("in", hours_then=True, hours_now=True, on_leave=False)
        hours_then = self._roll_book.in_school_hours(conn, school, fact.class_id, at)
        return decide(
            "out",
            hours_then=hours_then,
            hours_now=hours_then and self._roll_book.in_school_hours(conn, school, fact.class_id, now),
            on_leave=hours_then and self._roll_book.leave_now(conn, school, fact.student, at) is not None,
        )
