"""Who is on site, and what the roll book answers: from passes, the roll, a person's word, and the timetable."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from attendance_play import DAY, SCHOOL, ZONE, Play

from attendance.rollbook import RollBook, SiteCount
from attendance.site.site import SiteState, state_of
from campus import db
from campus.facts import MarkChanged, StudentPassed

BOOK = RollBook(ZONE)


def where(play: Play, student: str = "s-1") -> tuple[str, str]:
    with db.read(play.engine) as conn:
        state = state_of(conn, SCHOOL, student)
    assert isinstance(state, SiteState)
    return state.state, state.why


def counts(play: Play) -> SiteCount:
    with db.read(play.engine) as conn:
        return BOOK.on_site(conn, SCHOOL)


def test_a_day_begins_outside(play: Play) -> None:
    assert where(play) == ("out", "day_start")
    assert counts(play) == SiteCount(inside=0, outside=3, unknown=0)


def test_passes_move_students_in_and_out(play: Play) -> None:
    play.passes("07:41")
    assert where(play) == ("in", "pass")
    play.passes("12:05", direction="out")
    assert where(play) == ("out", "pass")


def test_a_lane_without_direction_moves_a_student_the_way_he_is_not(play: Play) -> None:
    for clock, expected in (("07:41:00", "in"), ("07:41:12", "in"), ("12:05", "out"), ("13:10", "in")):
        play.passes(clock, direction=None, gate="gate-3")
        assert where(play)[0] == expected


def test_an_older_pass_handed_in_later_does_not_move_a_student_back(play: Play) -> None:
    play.passes("12:05", direction="out")
    play.passes("07:41", gate="gate-3", received="12:30")
    assert where(play) == ("out", "pass")


def test_a_missed_tap_out_is_unknown_the_next_day(play: Play) -> None:
    play.passes("07:41")
    play.tick(play.at("06:50") + timedelta(days=1))
    assert where(play) == ("unknown", "no_pass_out")


def test_whom_a_dead_gate_hides_is_unknown_and_who_is_absent_outside(play: Play) -> None:
    play.gate_falls_silent("gate-2", "07:35", "07:36:00")
    play.passes("07:41")
    for clock in ("07:00", "08:10"):
        play.tick(play.at(clock))
    assert where(play) == ("in", "pass")
    assert where(play, "s-2") == ("unknown", "roll")


def test_a_word_puts_a_student_in_until_a_pass_knows_better(play: Play) -> None:
    play.correct("08:20", "present")
    assert where(play) == ("in", "corrected")
    play.passes("11:55", direction="out")
    assert where(play) == ("out", "pass")
    play.correct("12:30", "present", reason="仍在校")
    assert where(play) == ("out", "pass")


def test_the_counts_are_by_class(play: Play) -> None:
    play.passes("07:41")
    play.passes("07:42", "s-3")
    with db.read(play.engine) as conn:
        assert BOOK.on_site_by_class(conn, SCHOOL) == {
            "c-1": SiteCount(inside=1, outside=1),
            "c-2": SiteCount(inside=1),
        }


def test_a_room_expects_its_classes_less_those_absent_or_on_leave(play: Play) -> None:
    play.passes("07:41")
    play.leave("00:00", "23:59", "s-3")
    for clock in ("07:00", "08:10"):
        play.tick(play.at(clock))
    with db.read(play.engine) as conn:
        gym = BOOK.expected_in(conn, SCHOOL, "gym", play.at("09:00"))
        assert gym is not None
        assert (gym.classes, gym.students) == (("c-1", "c-2"), 1)
        assert BOOK.expected_in(conn, SCHOOL, "gym", play.at("08:10")) is None


def test_the_timetable_says_what_is_taught_now_and_by_whom(play: Play) -> None:
    with db.read(play.engine) as conn:
        lesson = BOOK.lesson_now(conn, SCHOOL, "c-1", play.at("09:00"))
        assert lesson is not None
        assert (lesson.subject, lesson.teacher, lesson.room, lesson.end) == ("体育", "t-2", "gym", play.at("09:40"))
        assert BOOK.lesson_now(conn, SCHOOL, "c-1", play.at("08:50")) is None
        assert BOOK.class_teacher(conn, SCHOOL, "c-1") == "t-1"


@pytest.mark.parametrize(
    ("clock", "inside"), [("07:49", False), ("07:50", True), ("12:30", True), ("16:49", True), ("16:50", False)]
)
def test_school_hours_run_from_the_end_of_arrival_to_dismissal(play: Play, clock: str, inside: bool) -> None:
    with db.read(play.engine) as conn:
        assert BOOK.in_school_hours(conn, SCHOOL, "c-1", play.at(clock)) is inside


def test_a_make_up_day_follows_the_timetable_of_its_weekday(play: Play) -> None:
    saturday = Play(play.engine, date(2026, 10, 10))
    with db.read(play.engine) as conn:
        lesson = BOOK.lesson_now(conn, SCHOOL, "c-1", saturday.at("08:10"))
        assert lesson is not None
        assert lesson.subject == "英语"
        holiday = Play(play.engine, date(2026, 10, 1))
        assert not BOOK.in_school_hours(conn, SCHOOL, "c-1", holiday.at("10:00"))


def test_the_stage_tells_of_passes_and_of_marks_once(play: Play) -> None:
    first = play.passes("07:41", id_="p-1")
    assert {type(fact) for fact in first} == {StudentPassed, MarkChanged}
    assert play.passes("07:41", id_="p-1") == []


def test_cards_of_nobody_are_kept_and_tell_nothing(play: Play) -> None:
    assert play.passes("07:41", card="f" * 32) == []
    assert where(play) == ("out", "day_start")
    assert play.day == DAY
