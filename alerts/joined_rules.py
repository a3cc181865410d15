"""Rules that join what devices say with timetable, calendar, roll and leave."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from alerts.rule import RuleBase, Seconds


class LeftInSchoolHoursRule(
    RuleBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="left_in_school_hours"
):
    """A student went out through a gate in school hours and no approved leave covers it.

    Joins gate passes, bell times, calendar and leave. Returns when the student comes back in, when leave is recorded
    afterwards, or when school is out.
    """

    for_s: Annotated[
        Seconds, Meta(description="Seconds the student may be out before the alarm; 0: at the pass itself.")
    ] = 0
