"""What reports and the count of the site read: the days asked for of those asked for, found by an index."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from attendance_play import DAY, SCHOOL, Play, local

from attendance.reports.figures import register_rows
from attendance.reports.insight import insight_of_class
from attendance.reports.student_days import session_marks
from attendance.site.dormitories import dormitories
from attendance.site.last_places import card_flows, inside_by_place
from campus import db

A_DAY = timedelta(days=1)
NOON = local("12:00")
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


IN_SITE = {
    "places": ("sightings", "student", lambda conn: inside_by_place(conn, SCHOOL, NOON)),
    "dormitories": ("sightings", "student", lambda conn: dormitories(conn, SCHOOL, NOON)),
    "flows": ("passes", "gate", lambda conn: card_flows(conn, SCHOOL, NOON, NOON + A_DAY, {}, ["a"], ["gate-1"])),
}


@pytest.mark.parametrize("what", IN_SITE)
def test_who_is_where_now_is_found_without_reading_the_days_before(filled: sa.Engine, what: str) -> None:
    table, of, read = IN_SITE[what]
    said: list[tuple[str, tuple[object, ...]]] = []
    sa.event.listen(filled, "before_cursor_execute", lambda *told: said.append((told[2], told[3])))
    with db.read(filled) as conn:
        read(conn)
        ((text, values),) = [one for one in said if f"FROM {table} " in one[0]]
        plan = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values).all()
    searched = next(row.detail for row in plan if f" {table} " in row.detail)
    assert searched.startswith(f"SEARCH {table} USING INDEX ix_{table}_school_{of}_at (school=? AND {of}=? AND at>?")


@pytest.mark.parametrize("what", ["register", "history"])
def test_the_first_and_the_last_day_are_read_and_no_other(play: Play, what: str) -> None:
    play.passes("07:41")
    for clock in ("07:00", "08:10"):
        play.tick(play.at(clock))
    spans = [(DAY, DAY), (DAY - A_DAY, DAY), (DAY, DAY + A_DAY), (DAY - A_DAY, DAY - A_DAY), (DAY + A_DAY, DAY + A_DAY)]
    with db.read(play.engine) as conn:
        found = [bool(READS[what](conn, first, last)) for first, last in spans]
    assert found == [True, True, True, False, False]
