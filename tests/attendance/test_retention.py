"""What is forgotten of students when, and what stays: marks by id, and the chain that proves them."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from attendance_play import SCHOOL, Play

from attendance import retention
from attendance.register.chain import verify
from attendance.register.tables import marks, passes
from attendance.tables import credentials, leave_requests, students
from campus import db
from campus.errors import NotFound
from campus.retention import Purge, due, latest, run


def count(conn: sa.Connection, table: sa.Table, student: str = "s-1") -> int:
    query = sa.select(sa.func.count()).select_from(table).where(table.c.student == student)
    return int(conn.execute(query).scalar_one())


@pytest.fixture
def lived(play: Play) -> Play:
    """A day on which s-1 came and was marked, and asked for leave once."""
    play.passes("07:41", "s-1")
    play.tick(play.at("08:30"))
    asked = {
        "id": "r-1", "school": SCHOOL, "student": "s-1", "starts": play.at("10:00"), "ends": play.at("12:00"),
        "kind": "sick", "note": "妈妈来电", "symptom": "fever", "weekdays": [], "state": "approved", "asked_by": "t-1",
        "asked_at": play.at("09:00"), "decided_by": "t-1", "words": "好", "decided_at": play.at("09:01"),
    }  # fmt: skip
    with db.write(play.engine) as conn:
        conn.execute(leave_requests.insert().values(asked))
    return play


def test_passes_are_forgotten_after_their_days_and_a_dry_run_forgets_nothing(lived: Play) -> None:
    purges = [Purge("passes", 180, retention.forget_passes), Purge("for ever", 0, retention.forget_passes)]
    soon, later = (lived.at("07:41") + timedelta(days=days) for days in (179, 181))
    assert [one.rows for one in run(lived.engine, purges, soon)] == [0]
    assert [(one.what, one.rows) for one in due(lived.engine, purges, later)] == [("passes", 1)]
    with db.read(lived.engine) as conn:
        assert count(conn, passes) == 1
    run(lived.engine, purges, later)
    with db.read(lived.engine) as conn:
        assert (count(conn, passes), count(conn, marks)) == (0, 1)
        assert latest(conn)["passes"].rows == 1
        assert latest(conn)["passes"].at == later


def test_of_leave_the_words_and_the_symptom_go_and_the_leave_stays(lived: Play) -> None:
    with db.write(lived.engine) as conn:
        assert retention.blank_leave(conn, lived.at("11:00"), 10) == 0
        assert retention.blank_leave(conn, lived.at("13:00"), 10) == 1
        assert retention.blank_leave(conn, lived.at("13:00"), 10) == 0  # what is blank is not counted again
        row = conn.execute(leave_requests.select()).mappings().one()
    assert (row["note"], row["symptom"], row["words"], row["kind"]) == ("", None, "", "sick")


def test_who_left_is_erased_after_a_year_and_the_register_is_still_proved(lived: Play) -> None:
    now = lived.at("12:00")
    with db.write(lived.engine) as conn:
        conn.execute(students.update().where(students.c.id == "s-1").values(active=False))
        retention.note_who_left(conn, now)
    purges = [Purge("students_left", 365, retention.erase_who_left)]
    assert [one.rows for one in run(lived.engine, purges, now + timedelta(days=364))] == [0]
    assert [one.rows for one in run(lived.engine, purges, now + timedelta(days=366))] == [1]
    with db.read(lived.engine) as conn:
        row = conn.execute(sa.select(students).where(students.c.id == "s-1")).one()
        assert row.name == retention.NAMELESS
        assert [count(conn, table) for table in (passes, credentials, marks)] == [0, 0, 1]
        assert "小明" not in str(retention.export(conn, SCHOOL, "s-1"))
        assert verify(conn, SCHOOL).breaks == ()


def test_who_came_back_is_not_erased_and_who_is_here_cannot_be(lived: Play) -> None:
    now = lived.at("12:00")
    with db.write(lived.engine) as conn:
        for active in (False, True):
            conn.execute(students.update().where(students.c.id == "s-1").values(active=active))
            retention.note_who_left(conn, now)
        assert retention.erase_who_left(conn, now + timedelta(days=1), 10) == 0
        with pytest.raises(NotFound, match="taken off it first"):
            retention.erase(conn, SCHOOL, "s-1", now)


def test_an_export_holds_every_row_about_a_student_and_of_nobody_else(lived: Play) -> None:
    lived.passes("07:45", "s-2")
    with db.read(lived.engine) as conn:
        found = retention.export(conn, SCHOOL, "s-1")
        with pytest.raises(NotFound):
            retention.export(conn, SCHOOL, "nobody")
    assert {"students", "marks", "passes", "leave_requests", "enrolments", "credentials"} <= set(found)
    assert {row.get("student", row.get("person", row.get("id"))) for rows in found.values() for row in rows} == {"s-1"}
