"""Who is told of an alarm in a room: the teacher whom the timetable has there, of a home class or a teaching group."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from attendance.rollbook import RollBook
from attendance.sheets.school import import_timetable
from campus import db
from cli.joins.people import SchoolPeople
from tests.attendance.attendance_play import SCHOOL, SHEETS, ZONE, Play

PEOPLE = SchoolPeople(RollBook(ZONE))


def teach(conn: sa.Connection, folder: Path, sheet: str) -> None:
    path = folder / "timetable.csv"
    path.write_text(sheet, encoding="utf-8")
    import_timetable(conn, SCHOOL, path)


@pytest.mark.parametrize(
    ("class_id", "place", "clock", "teacher"),
    [
        ("c-1", "studio", "09:00", "t-1"),  # 走班: the group has the room, the home class is in the gym with t-2
        (None, "studio", "09:00", "t-1"),
        ("c-1", "studio", "08:10", "t-1"),  # nothing is held there: who teaches the home class
        ("c-2", "studio", "08:10", "t-2"),
        ("c-2", "a-101", "08:10", "t-1"),
        ("c-1", "gym", "09:00", "t-2"),
        ("c-1", None, "09:00", "t-2"),
        ("c-1", "studio", "08:50", None),  # a break
    ],
)
def test_the_teacher_of_a_room_is_who_has_a_lesson_there_be_it_a_teaching_group(
    play: Play, tmp_path: Path, class_id: str | None, place: str | None, clock: str, teacher: str | None
) -> None:
    sheet = SHEETS["timetable.csv"] + "g-art,1,P2,美术,t-1,studio\n"
    with db.write(play.engine) as conn:
        teach(conn, tmp_path, sheet)
        assert PEOPLE.lesson_teacher(conn, SCHOOL, class_id, place, play.at(clock)) == teacher


def test_of_two_lessons_in_one_room_that_of_the_class_comes_first(play: Play, tmp_path: Path) -> None:
    sheet = SHEETS["timetable.csv"].replace("c-2,1,P2,体育,t-2,gym", "c-2,1,P2,体育,t-1,gym")
    with db.write(play.engine) as conn:
        teach(conn, tmp_path, sheet)
        told = [PEOPLE.lesson_teacher(conn, SCHOOL, one, "gym", play.at("09:00")) for one in ("c-1", "c-2")]
        assert told == ["t-2", "t-1"]
