"""Approved leave: granted, found again, and what it makes due."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from attendance.policy import LeaveSpan
from attendance.sessions.due import look_again
from attendance.tables import leave_kinds, leaves
from campus import db
from campus.keylists import ask, asked, matching


def grant(conn: sa.Connection, school: str, granted: Sequence[tuple[str, LeaveSpan, str]]) -> None:
    """Store leaves as (student, span, approved by) and let the sessions they touch be decided again.

    A leave of the same student from the same moment is corrected, not doubled; what it excused before is decided again.
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
    before = ask(conn, _same, ((school, student, span.starts) for student, span, _ in granted))
    db.upsert(leaves, conn, rows, ["school", "student", "starts"], ["ends", "kind", "approved_by"])
    if granted:
        starts = min(span.starts for _, span, _ in granted)
        ends = max([*(span.ends for _, span, _ in granted), *(old for (old,) in before)])
        look_again(conn, school, starts, ends)


@cache
def _same(dialect: str) -> sa.Select[tuple[Any, ...]]:
    """When stored leaves end, by whose and from when they are."""
    columns = (leaves.c.school, leaves.c.student, leaves.c.starts)
    keys = asked(dialect, *columns)
    return sa.select(leaves.c.ends).join_from(keys, leaves, matching(keys, *columns))


def leaves_within(
    conn: sa.Connection, of: Collection[tuple[str, str]], start: datetime, end: datetime
) -> dict[tuple[str, str], list[LeaveSpan]]:
    """The leaves of students that reach into ``start`` to ``end``, by school and student."""
    found: dict[tuple[str, str], list[LeaveSpan]] = defaultdict(list)
    for row in ask(conn, _spans, of, start=start, end=end):
        found[row.school, row.student].append(LeaveSpan(row.starts, row.ends, row.kind, row.status))
    return found


@cache
def _spans(dialect: str) -> sa.Select[tuple[Any, ...]]:
    keys = asked(dialect, leaves.c.school, leaves.c.student)
    named = sa.and_(leave_kinds.c.school == leaves.c.school, leave_kinds.c.kind == leaves.c.kind)
    status = sa.func.coalesce(leave_kinds.c.status, "on_leave").label("status")
    return (
        sa.select(leaves.c.school, leaves.c.student, leaves.c.starts, leaves.c.ends, leaves.c.kind, status)
        .join_from(keys, leaves, matching(keys, leaves.c.school, leaves.c.student))
        .join(leave_kinds, named, isouter=True)
        .where(leaves.c.starts <= sa.bindparam("end"), leaves.c.ends >= sa.bindparam("start"))
    )
