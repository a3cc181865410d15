"""What reports read of the roll: the days asked for of the students asked for, found by an index."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from attendance_play import DAY, SCHOOL, Play

from attendance.reports.figures import register_rows
from attendance.reports.insight import insight_of_class
from attendance.reports.student_days import session_marks
from campus import db

A_DAY = timedelta(days=1)
Read = Callable[[sa.Connection, date, date], object]
READS: dict[str, Read] = {
    "early warnings": lambda conn, first, last: insight_of_class(conn, SCHOOL, "c-1", first, last),
    "register": lambda conn, first, last: register_rows(conn, SCHOOL, "c-1", first, last),
    "history": lambda conn, first, last: session_marks(conn, SCHOOL, "s-1", first, last),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_no_roll_is_read_but_of_the_students_and_days_asked_for(filled: sa.Engine, read: Read) -> None:
    said: list[tuple[str, tuple[object, ...]]] = []
    sa.event.listen(filled, "before_cursor_execute", lambda *told: said.append((told[2], told[3])))
    with db.read(filled) as conn:
        read(conn, DAY, DAY + A_DAY)
        ((text, values),) = [one for one in said if " roll " in one[0]]
        plan = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values).all()
    searched = [row.detail for row in plan if " roll " in row.detail]
    assert searched == [
        "SEARCH roll USING INDEX ix_roll_school_student_session (school=? AND student=? AND session>? AND session<?)"
    ]


@pytest.mark.parametrize("what", ["register", "history"])
def test_the_first_and_the_last_day_are_read_and_no_other(play: Play, what: str) -> None:
    play.passes("07:41")
    for clock in ("07:00", "08:10"):
        play.tick(play.at(clock))
    spans = [(DAY, DAY), (DAY - A_DAY, DAY), (DAY, DAY + A_DAY), (DAY - A_DAY, DAY - A_DAY), (DAY + A_DAY, DAY + A_DAY)]
    with db.read(play.engine) as conn:
        found = [bool(READS[what](conn, first, last)) for first, last in spans]
    assert found == [True, True, True, False, False]
