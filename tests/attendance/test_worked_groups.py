"""The worked cases of `worked_groups.md`: which roll a student of a teaching group is on, whatever the day."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from attendance_play import ROSTER, SCHOOL, ZONE, Play, local, write_roster
from test_worked_cases import Happening, leaves, passes
from test_worked_sessions import SHEETS

from attendance.calendar.files import import_exams, import_terms
from attendance.queries import SessionInfo, day_sessions
from attendance.reports.student_days import session_marks
from attendance.rollbook import RollBook
from attendance.roster.read import read_roster
from attendance.roster.store import apply_roster
from attendance.sessions.due import look_again
from attendance.sessions.queries import session_roll
from attendance.sheets import school as files
from attendance.sheets import sessions as session_files
from campus import db

TABLE = Path(__file__).with_name("worked_groups.md")
COLUMNS = ("case", "day", "school", "passes", "leave", "asked", "roll", "mark", "why", "rooms", "page")
ART = "lesson g-art 1 P3 studio; lesson c-1 1 P3 a-101"


def cases() -> list[dict[str, str]]:
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return [dict(zip(COLUMNS, map(str.strip, line.strip("|").split("|")), strict=True)) for line in lines][1:]


class Office:
    """Writes down what a case says of the school, and imports it as the office does."""

    def __init__(self, engine: sa.Engine, folder: Path) -> None:
        self.engine, self.folder = engine, folder
        plain = [line for line in SHEETS["timetable.csv"].splitlines()[1:] if ",P3," not in line]
        self.timetable = [f"{line}," for line in plain]
        self.terms, self.exams, self.days = list[str](), list[str](), list[str]()
        self.members = {("s-1", "g-art"): ","}
        self.closed = set[str]()
        self.rolls: list[str] | None = None  # every kind

    def says(self, statement: str) -> None:
        words = statement.split()
        match words:
            case ["lesson", class_id, weekday, period, room, *week]:
                self.timetable.append(f"{class_id},{weekday},{period},课,t-2,{room},{''.join(week)}")
            case ["term", first, last, *week]:
                self.terms.append(f"t-{first},学期,{first},{last},{''.join(week)}")
            case ["exam", day, class_id, period, room]:
                self.exams.append(f"{day},{class_id},{period},考试,{room},")
            case ["day", day, kind, *follows]:
                self.days.append(f"{day},{kind},{kind},{''.join(follows[1:])}")
            case ["member", student, group, *dates]:
                when = dict(zip(dates[::2], dates[1::2], strict=True))
                self.members[student, group] = f"{when.get('from', '')},{when.get('until', '')}"
            case ["no", "lesson", class_id, weekday, period]:
                gone = f"{class_id},{weekday},{period},"
                self.timetable = [line for line in self.timetable if not line.startswith(gone)]
            case ["closed", class_id]:
                self.closed.add(class_id)
            case ["rolls", *kinds]:
                self.rolls = kinds
            case ["no", "member", student, group]:
                del self.members[student, group]
            case _:
                pytest.fail(f"cannot read {statement!r} in the table of worked groups")

    def enters(self, statements: list[str]) -> None:
        """Everything said so far is imported anew; a changed roster, timetable or calendar plans the day again."""
        for one in statements:
            self.says(one)
        with db.write(self.engine) as conn:
            self._roster(conn, set())
            sheet = "class,weekday,period,subject,teacher,room,weeks"
            files.import_timetable(conn, SCHOOL, self._sheet("timetable.csv", sheet, self.timetable))
            if self.closed:
                self._roster(conn, self.closed)
            if self.rolls is not None:
                head, *rows = SHEETS["sessions.csv"].splitlines()
                kept = [row for row in rows if row.split(",")[0] in self.rolls]
                session_files.import_sessions(conn, SCHOOL, self._sheet("sessions.csv", head, kept))
            if self.days:
                files.import_calendar(
                    conn, SCHOOL, self._sheet("calendar.csv", "date,day_type,name,follows", self.days)
                )
            if self.terms:
                sheet = "term,title,start,end,first_week"
                import_terms(conn, SCHOOL, self._sheet("terms.csv", sheet, self.terms))
            if self.exams:
                sheet = "date,class,period,subject,room,teacher"
                import_exams(conn, SCHOOL, self._sheet("exams.csv", sheet, self.exams))

    def _roster(self, conn: sa.Connection, closed: set[str]) -> None:
        """Its sheets without the ``closed`` classes."""
        sheets = {**ROSTER, "enrollments.csv": self._enrolments()}
        for name in ("classes.csv", "enrollments.csv") if closed else ():
            left = (one for one in sheets[name].splitlines() if not closed.intersection(one.split(",")))
            sheets[name] = "\n".join(left) + "\n"
        folder = write_roster(self.folder / "roster", sheets)
        apply_roster(conn, SCHOOL, read_roster(folder), local("06:40"))

    def _enrolments(self) -> str:
        own = [f"{line},," for line in ROSTER["enrollments.csv"].splitlines()[1:] if ",g-art," not in line]
        groups = [f"m-{who}-{group},{group},{who},student,,{dates}" for (who, group), dates in self.members.items()]
        head = "sourcedId,classSourcedId,userSourcedId,role,primary,beginDate,endDate"
        return "\n".join([head, *own, *groups]) + "\n"

    def _sheet(self, name: str, head: str, rows: list[str]) -> Path:
        path = self.folder / name
        path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
        return path


@pytest.fixture
def office(filled: sa.Engine, tmp_path: Path) -> Office:
    """The small school with every kind of session taken, and nothing planned yet."""
    for name in ("readers.csv", "bells.csv", "sessions.csv", "leave_kinds.csv"):
        (tmp_path / name).write_text(SHEETS[name], encoding="utf-8")
    with db.write(filled) as conn:
        session_files.import_readers(conn, SCHOOL, tmp_path / "readers.csv")
        files.import_bells(conn, SCHOOL, tmp_path / "bells.csv")
        files.import_calendar(conn, SCHOOL, empty(tmp_path / "calendar.csv"))
        session_files.import_sessions(conn, SCHOOL, tmp_path / "sessions.csv")
        session_files.import_leave_kinds(conn, SCHOOL, tmp_path / "leave_kinds.csv")
    return Office(filled, tmp_path)


def empty(path: Path) -> Path:
    path.write_text("date,day_type,name,follows\n", encoding="utf-8")
    return path


def play_case(office: Office, case: dict[str, str]) -> Play:
    play = Play(office.engine, date.fromisoformat(case["day"]))
    said = [one for one in re.sub(r"^art(?=;|$)", ART, case["school"]).split("; ") if one]
    office.enters([one for one in said if not one.startswith("at ")])
    later = [one.split(maxsplit=2)[1:] for one in said if one.startswith("at ")]
    entered: list[Happening] = [(play.at(at), partial(office.enters, [words])) for at, words in later]
    ticks = ("07:40", "08:15", "08:35", "09:10", "09:30", "10:05", "10:25", "10:31", "11:50")
    clocks: list[Happening] = [(play.at(at), lambda: None) for at in ticks]
    happenings = [*passes(play, case["passes"]), *leaves(play, case["leave"]), *entered, *clocks]
    play.run(happenings, play.at(case["asked"]))
    return play


def session_of(play: Play, class_id: str, period: str) -> SessionInfo | None:
    with db.read(play.engine) as conn:
        return next((one for one in day_sessions(conn, SCHOOL, class_id, play.day) if one.period == period), None)


def mark_on(play: Play, class_id: str, period: str, student: str) -> tuple[str, str]:
    session = session_of(play, class_id, period)
    if session is None:
        return "no roll", ""
    with db.read(play.engine) as conn:
        line = next((one for one in session_roll(conn, session.id) if one.student == student), None)
    return (line.status or "-", line.why) if line else ("not on it", "")


def expected(play: Play, room: str, period: str) -> int:
    """How many the roll book expects in a room, in the middle of a period."""
    middle = {"AR": "07:45", "P1": "08:50", "P2": "09:40", "P3": "10:40"}[period]
    with db.read(play.engine) as conn:
        found = RollBook(ZONE).expected_in(conn, SCHOOL, room, play.at(middle))
    return found.students if found else 0


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["case"])
def test_a_worked_case_of_groups_gives_its_mark(office: Office, case: dict[str, str]) -> None:
    play = play_case(office, case)
    class_id, period, *other = case["roll"].split()
    student = other[0] if other else "s-1"

    assert mark_on(play, class_id, period, student) == (case["mark"], case["why"])
    told = dict(one.split() for one in case["rooms"].split(";") if one.strip())
    assert {room: str(expected(play, room, period)) for room in told} == told
    with db.read(play.engine) as conn:
        page = [one for one in session_marks(conn, SCHOOL, student, play.day, play.day) if one.period == period]
    assert [one.status for one in page] == case["page"].split()


def test_a_timetable_of_the_next_weeks_changes_no_day_that_is_over(office: Office) -> None:
    play = play_case(office, dict.fromkeys(COLUMNS, "") | {"day": "2026-09-07", "school": "art", "asked": "11:00"})
    office.enters(["no lesson g-art 1 P3"])
    with db.write(play.engine) as conn:
        look_again(conn, SCHOOL, play.at("10:00"), play.at("11:00"))

    play.tick(play.at("11:00") + timedelta(days=1))
    assert mark_on(play, "c-1", "P3", "s-1") == ("not_required", "in_group")


def test_no_two_worked_cases_of_groups_have_one_name() -> None:
    names = [case["case"] for case in cases()]
    assert len(names) == len(set(names))
