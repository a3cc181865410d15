"""The worked cases of `worked_days.md`: what a day is, what is taught, and which rolls a student is on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from attendance_play import ROSTER, SCHOOL, ZONE, Play, write_roster
from test_worked_cases import Happening, parts, passes

from attendance.calendar.daybook import school_day
from attendance.calendar.files import import_exams, import_terms
from attendance.calendar.lessons import lessons
from attendance.leave.leave import grant
from attendance.policy import LeaveSpan
from attendance.queries import day_sessions, mark_history
from attendance.roster.read import read_roster
from attendance.roster.store import apply_roster
from attendance.sessions.queries import session_roll
from attendance.sheets import school as files
from attendance.sheets import sessions as session_files
from campus import db

TABLE = Path(__file__).with_name("worked_days.md")
COLUMNS = ("case", "day", "passes", "leave", "lessons", "rolls")
LEAVE = re.compile(r"(?P<begins>\S+ \S+) - (?P<ends>\S+ \S+) (?P<kind>\w+)")
TICKS = ("06:50", "08:11", "08:41", "09:10", "11:35", "16:25", "16:55")
SHEETS = {
    "terms.csv": (
        "term,title,start,end,first_week\na,autumn,2026-09-01,2027-01-22,A\nb,spring,2027-02-22,2027-07-02,B\n"
    ),
    "timetable.csv": (
        "class,weekday,period,subject,teacher,room,weeks\n"
        "c-1,1,P1,physics,t-1,a-101,A\nc-1,1,P1,chemistry,t-1,a-101,B\nc-1,1,P2,sport,t-2,gym,\n"
        "c-1,1,P3,reading,t-1,a-101,\nc-1,5,P1,english,t-1,a-101,\nc-1,4,P1,physics,t-1,a-101,A\n"
        "g-art,1,P3,art,t-2,studio,\n"
    ),
    "calendar.csv": (
        "date,day_type,name,follows\n"
        + "".join(f"2026-10-0{day},holiday,holidays,\n" for day in range(1, 8))
        + "2026-10-10,makeup,make-up,5\n2026-10-15,exam,exams,\n"
    ),
    "exams.csv": (
        "date,class,period,subject,room,teacher\n"
        "2026-10-15,c-1,P1,physics,a-101,t-1\n2026-10-19,c-1,P1,mathematics,hall,t-1\n"
    ),
    "sessions.csv": "kind,taken\nlesson,yes\n",
}
GROUP = "e-4,g-art,s-1,student,,2026-09-14,2026-11-01\n"  # an end is the first day after
DATED = {
    "enrollments.csv": ROSTER["enrollments.csv"]
    .replace("role,primary\n", "role,primary,beginDate,endDate\n")
    .replace("e-4,g-art,s-1,student,\n", GROUP)
    .replace(",student,\n", ",student,,,\n")
    .replace(",true\n", ",true,,\n")
    .replace(",false\n", ",false,,\n")
}


def cases() -> list[dict[str, str]]:
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return [dict(zip(COLUMNS, map(str.strip, line.strip("|").split("|")), strict=True)) for line in lines][1:]


@pytest.fixture
def dated(filled: sa.Engine, tmp_path: Path) -> sa.Engine:
    """The small school with the sheets above."""
    for name, text in SHEETS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    folder = write_roster(tmp_path / "dated", ROSTER | DATED)
    with db.write(filled) as conn:
        apply_roster(conn, SCHOOL, read_roster(folder), datetime(2026, 9, 1, tzinfo=ZONE))
        import_terms(conn, SCHOOL, tmp_path / "terms.csv")
        files.import_timetable(conn, SCHOOL, tmp_path / "timetable.csv")
        files.import_calendar(conn, SCHOOL, tmp_path / "calendar.csv")
        import_exams(conn, SCHOOL, tmp_path / "exams.csv")
        session_files.import_sessions(conn, SCHOOL, tmp_path / "sessions.csv")
    return filled


def give_leave(play: Play, cell: str) -> None:
    for one in parts(cell, LEAVE):
        starts, ends = (datetime.fromisoformat(one[name]).replace(tzinfo=ZONE) for name in ("begins", "ends"))
        with db.write(play.engine) as conn:
            grant(conn, SCHOOL, [("s-1", LeaveSpan(starts, ends, one["kind"]), "t-1")])


def played(engine: sa.Engine, case: dict[str, str]) -> Play:
    play = Play(engine, date.fromisoformat(case["day"]))
    give_leave(play, case["leave"])
    ticks: list[Happening] = [(play.at(at), partial(play.tick, play.at(at))) for at in TICKS]
    play.run([*passes(play, case["passes"]), *ticks], play.at("18:00"))
    return play


def taught(play: Play) -> str:
    with db.read(play.engine) as conn:
        day = school_day(conn, SCHOOL, play.day)
        if day is None:
            return "no school"
        found = lessons(conn, SCHOOL, day, class_id="c-1")
    return "; ".join(f"{one.period} {one.subject}{' (exam)' if one.exam else ''}" for one in found)


def rolls(play: Play) -> Iterator[str]:
    """Every roll that the student is on, with all its marks in order."""
    with db.read(play.engine) as conn:
        for class_id, before in (("c-1", ""), ("g-art", "g")):
            for session in day_sessions(conn, SCHOOL, class_id, play.day):
                if any(line.student == "s-1" for line in session_roll(conn, session.id)):
                    marks = [str(one.status) for one in mark_history(conn, session.id, "s-1")]
                    yield f"{before}{session.period} {' '.join(marks)}"


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["case"])
def test_a_worked_day_is_as_the_table_says(dated: sa.Engine, case: dict[str, str]) -> None:
    play = played(dated, case)
    assert taught(play) == case["lessons"]
    assert "; ".join(rolls(play)) == case["rolls"]
