"""What the joined rules ask of the register, over real tables."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from alerts.ports import RosterTrouble
from attendance import tables
from attendance.register import tables as register
from attendance.roster import log as roster_log
from attendance.roster.importing import RosterReport
from campus import db
from cli.joins.register import SchoolRegister
from cli.joins.school_calendar import SchoolCalendar

ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 9, 7)
REGISTER = SchoolRegister(ZONE)
MONTH = timedelta(days=30)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 9, 7, hour, minute, tzinfo=ZONE).astimezone(UTC)


@pytest.fixture
def school(engine: sa.Engine) -> sa.Engine:
    """Three students: s-1 inside and absent, s-2 out and present by a word, s-3 inside and ill yesterday."""
    session = {
        "id": "x-1", "school": "s", "class_id": "c", "day": DAY, "period": "AR", "kind": "arrival",
        "opens_at": at(7), "late_at": at(8), "closes_at": at(9), "until_at": at(17), "watched_from": at(7),
        "state": "closed", "due_at": None,
    }  # fmt: skip
    with db.write(engine) as conn:
        conn.execute(tables.schools.insert().values(id="s", name="S"))
        for period, kind, start, end in (
            ("AR", "arrival", 420, 480),
            ("L1", "lesson", 490, 530),
            ("D", "dismissal", 990, 1020),
        ):
            row = {"period": period, "kind": kind, "name": period, "name_en": period, "starts": start, "ends": end}
            conn.execute(tables.bells.insert().values(school="s", day_type="school", **row))
        conn.execute(register.sessions.insert().values(session))
        conn.execute(register.sessions.insert().values(session | {"id": "x-2", "class_id": "d"}))
        for student, state in (("s-1", "in"), ("s-2", "out"), ("s-3", "in")):
            conn.execute(
                tables.students.insert().values(school="s", id=student, name="N", grade="7", class_id="c", active=True)
            )
            conn.execute(
                register.site_states.insert().values(school="s", student=student, class_id="c", state=state, why="pass")
            )
        for student, status, held in (("s-1", "absent", False), ("s-2", "present", True), ("s-3", "present", False)):
            mark = {"session": "x-1", "student": student, "number": 1, "school": "s", "status": status}
            conn.execute(
                register.marks.insert().values(**mark, why="w", evidence={}, by="machine", reason="", at=at(8))
            )
            conn.execute(register.roll.insert().values(**mark, held=held))
        conn.execute(
            tables.leaves.insert().values(
                school="s", student="s-3", starts=at(8) - timedelta(days=1), ends=at(8) - timedelta(hours=10),
                kind="sick", approved_by="t",
            )
        )  # fmt: skip
    return engine


def test_the_register_says_who_is_absent_though_inside_and_present_though_outside(school: sa.Engine) -> None:
    with db.read(school) as conn:
        assert REGISTER.absent_inside(conn, "s", at(10)) == [("s-1", "c")]
        assert REGISTER.present_outside(conn, "s", at(10)) == [("s-2", "c")]
        assert REGISTER.absent_inside(conn, "s", at(18)) == []
        assert REGISTER.absent_inside(conn, "another", at(10)) == []


def test_a_session_without_any_mark_is_missing_once_it_is_overdue(school: sa.Engine) -> None:
    with db.read(school) as conn:
        assert REGISTER.roll_missing(conn, "s", at(8, 10), timedelta(minutes=15)) == []
        assert REGISTER.roll_missing(conn, "s", at(8, 20), timedelta(minutes=15)) == ["d"]


def test_who_is_inside_long_after_dismissal_is_counted_by_class(school: sa.Engine) -> None:
    with db.read(school) as conn:
        assert REGISTER.not_checked_out(conn, "s", at(17), timedelta(hours=1)) == {}
        assert REGISTER.not_checked_out(conn, "s", at(18), timedelta(hours=1)) == {"c": 2}


def test_sick_leave_counts_while_it_touches_the_days_asked_for(school: sa.Engine) -> None:
    with db.read(school) as conn:
        assert REGISTER.sick(conn, "s", at(10) - timedelta(days=1), at(10)) == {"c": 1}
        assert REGISTER.sick(conn, "s", at(0), at(10)) == {}


def test_the_calendar_says_what_a_moment_is(school: sa.Engine) -> None:
    calendar = SchoolCalendar(ZONE)
    with db.read(school) as conn:
        assert calendar.schools(conn) == ["s"]
        assert calendar.moment(conn, "s", at(8, 15)).parts == {"lesson", "school_hours"}
        assert calendar.moment(conn, "s", at(8, 5)).parts == {"school_hours"}
        assert calendar.moment(conn, "s", at(22)).parts == {"after_hours"}
        sunday = at(10) - timedelta(days=1)
        assert (calendar.moment(conn, "s", sunday).day, calendar.moment(conn, "s", sunday).minute) == ("holiday", 600)


def test_the_roster_is_in_trouble_from_an_import_that_was_refused_to_the_next_that_goes_through(
    school: sa.Engine,
) -> None:
    report = RosterReport(schools=1, students=3, counts={}, fields={}, samples=())
    with db.write(school) as conn:
        assert REGISTER.roster_trouble(conn, "s", at(8), MONTH) is None  # nobody imports here
        for hour, refused in ((9, False), (10, True), (11, False)):
            id_ = roster_log.begin(conn, "s", "export.zip", "watched", f"{hour}", at(hour))
            if refused:
                roster_log.end_badly(conn, id_, "refused", "users.csv, line 2: ...", at(hour))
            else:
                roster_log.end_well(conn, id_, report, at(hour))
        told = {hour: REGISTER.roster_trouble(conn, "s", at(hour, 30), None) for hour in (9, 10, 11)}
        stale = REGISTER.roster_trouble(conn, "s", at(11) + MONTH, MONTH)
    assert told == {9: None, 10: RosterTrouble("refused", at(10)), 11: None}
    assert stale == RosterTrouble("stale", at(11))
