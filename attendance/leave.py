"""Approved leave: granted, found again, and what it makes due."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from attendance.due import look_again
from attendance.policy import LeaveSpan
from attendance.tables import leave_kinds, leaves
from campus import db


def grant(conn: sa.Connection, school: str, granted: Sequence[tuple[str, LeaveSpan, str]]) -> None:
    """Store leaves as (student, span, approved by) and let the sessions they touch be decided again.

    A leave of the same student from the same moment is corrected, not doubled.
    """
    rows = [
        {
            "school": school,
            "student": student,
            "starts": span.starts,
            "ends": span.ends,
            "kind": span.kind,
            "approved_by": approver,
        }
        for student, span, approver in granted
    ]
    db.upsert(leaves, conn, rows, ["school", "student", "starts"], ["ends", "kind", "approved_by"])
    if granted:
        starts = min(span.starts for _, span, _ in granted)
        ends = max(span.ends for _, span, _ in granted)
        look_again(conn, school, starts, ends)


def leaves_within(
    conn: sa.Connection, school: str, students: Collection[str], start: datetime, end: datetime
) -> dict[str, list[LeaveSpan]]:
    """The leaves of ``students`` that reach into ``start`` to ``end``, by student."""
    named = sa.and_(leave_kinds.c.school == leaves.c.school, leave_kinds.c.kind == leaves.c.kind)
    status = sa.func.coalesce(leave_kinds.c.status, "on_leave").label("status")
    query = (
        sa.select(leaves.c.student, leaves.c.starts, leaves.c.ends, leaves.c.kind, status)
        .join_from(leaves, leave_kinds, named, isouter=True)
        .where(
            leaves.c.school == school, leaves.c.student.in_(students), leaves.c.starts <= end, leaves.c.ends >= start
        )
    )
    return _by_student(
        (row.student, LeaveSpan(row.starts, row.ends, row.kind, row.status)) for row in conn.execute(query)
    )


def _by_student(rows: Iterable[tuple[str, LeaveSpan]]) -> dict[str, list[LeaveSpan]]:
    found: dict[str, list[LeaveSpan]] = defaultdict(list)
    for student, span in rows:
        found[student].append(span)
    return found
