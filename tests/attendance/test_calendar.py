"""Terms and their weeks, holidays and make-up days, exams, feeds: what a day is, and which lessons it has."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from attendance.calendar.daybook import school_day
from attendance.calendar.feed import read_feed
from attendance.calendar.files import import_exams, import_terms
from attendance.calendar.lessons import lessons
from attendance.calendar.official import OfficialDay, official_days, read_file
from attendance.calendar.show import explain
from attendance.calendar.store import put_feed, put_official
from attendance.calendar.weeks import Term, is_vacation, week_of
from attendance.register.tables import sessions
from attendance.rollbook import RollBook
from attendance.sheets import school as files
from campus import db
from campus.errors import ImportFileError, NotFound, Unavailable
from cli.joins.calendar_feed import FeedReader
from cli.joins.school_calendar import SchoolCalendar
from tests.attendance.attendance_play import SCHOOL, ZONE, Play

AUTUMN = Term(id="a", title="秋季学期", kind="term", starts=date(2026, 9, 1), ends=date(2027, 1, 22))
SPRING = Term(id="s", title="春季学期", kind="term", starts=date(2027, 2, 22), ends=date(2027, 7, 2), first_week="B")
Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write_


@pytest.mark.parametrize(
    ("day", "told"),
    [
        (date(2026, 9, 1), (1, "A")),  # a Tuesday
        (date(2026, 9, 6), (1, "A")),
        (date(2026, 9, 7), (2, "B")),
        (date(2026, 9, 14), (3, "A")),
        (date(2027, 1, 22), (21, "A")),
        (date(2027, 2, 22), (1, "B")),
        (date(2027, 3, 1), (2, "A")),
        (date(2027, 2, 1), None),
    ],
)
def test_weeks_are_counted_from_the_monday_of_the_terms_first_day(day: date, told: tuple[int, str] | None) -> None:
    week = week_of(day, [AUTUMN, SPRING])
    assert (None if week is None else (week.number, week.letter)) == told


def test_only_between_two_of_its_own_terms_a_school_has_vacation() -> None:
    assert is_vacation(date(2027, 2, 1), [AUTUMN, SPRING])
    assert not is_vacation(date(2027, 8, 1), [AUTUMN, SPRING])  # nobody entered the next one: rolls go on
    assert not is_vacation(date(2026, 8, 1), [AUTUMN, SPRING])
    assert not is_vacation(date(2027, 2, 1), [])


def test_a_lesson_of_a_weeks_is_not_held_in_b_weeks(play: Play, write: Write) -> None:
    with db.write(play.engine) as conn:
        import_terms(conn, SCHOOL, write("terms.csv", "term,title,start,end\nt,秋季,2026-09-01,2027-01-22\n"))
        sheet = "class,weekday,period,subject,teacher,room,weeks\nc-1,1,P1,物理,,a-101,A\nc-1,1,P1,化学,,a-101,B\n"
        files.import_timetable(conn, SCHOOL, write("timetable.csv", sheet + "c-1,1,P2,体育,,gym,\n"))
        told = [
            [one.subject for one in lessons(conn, SCHOOL, day)]
            for monday in (date(2026, 9, 7), date(2026, 9, 14))
            if (day := school_day(conn, SCHOOL, monday)) is not None
        ]
        assert told == [["化学", "体育"], ["物理", "体育"]]
        now = RollBook(ZONE).lesson_now(conn, SCHOOL, "c-1", Play(play.engine, date(2026, 9, 14)).at("08:10"))
        assert now is not None
        assert now.subject == "物理"


def test_one_lesson_of_every_week_and_one_of_a_weeks_at_the_same_time_are_refused(play: Play, write: Write) -> None:
    sheet = "class,weekday,period,subject,weeks\nc-1,1,P1,物理,A\nc-1,1,P1,化学,\n"
    with db.write(play.engine) as conn, pytest.raises(ImportFileError, match=r"timetable.csv, line 3: .* on line 2"):
        files.import_timetable(conn, SCHOOL, write("timetable.csv", sheet))


def test_an_exam_takes_the_place_of_the_lesson_and_of_its_room(play: Play, write: Write) -> None:
    with db.write(play.engine) as conn:
        sheet = "date,class,period,subject,room,teacher\n2026-09-07,c-1,P1,期中 数学,hall,t-2\n"
        import_exams(conn, SCHOOL, write("exams.csv", sheet))
        day = school_day(conn, SCHOOL, date(2026, 9, 7))
        assert day is not None
        assert [(one.class_id, one.subject, one.room, one.exam) for one in lessons(conn, SCHOOL, day, period="P1")] == [
            ("c-1", "期中 数学", "hall", True), ("c-2", "语文", "a-102", False),
        ]  # fmt: skip
        book, at = RollBook(ZONE), play.at("08:10")
        expected = book.expected_in(conn, SCHOOL, "hall", at)
        assert expected is not None
        assert expected.classes == ("c-1",)
        assert book.expected_in(conn, SCHOOL, "a-101", at) is None  # where the lesson would have been


def test_on_a_day_of_exams_a_class_with_exams_has_nothing_else(play: Play, write: Write) -> None:
    with db.write(play.engine) as conn:
        import_exams(conn, SCHOOL, write("exams.csv", "date,class,period,subject\n2026-09-11,c-1,P2,化学\n"))
        calendar = write("calendar.csv", "date,day_type,name\n2026-09-11,exam,月考\n")
        files.import_calendar(conn, SCHOOL, calendar)
        day = school_day(conn, SCHOOL, date(2026, 9, 11))
        assert day is not None
        assert [(one.class_id, one.period) for one in lessons(conn, SCHOOL, day)] == [("c-1", "P2")]
        moment = SchoolCalendar(ZONE).moment(conn, SCHOOL, Play(play.engine, date(2026, 9, 11)).at("08:50"))
        assert moment.day == "exam"  # what the schedules of alarm rules see


@pytest.mark.parametrize(
    ("sheet", "problem"),
    [
        ("term,title,start,end\nt,x,2026-09-01,2026-08-01\n", "is not after start"),
        ("term,title,start,end\nt,x,2026-09-01,2026-10-01\nu,y,2026-10-01,2026-11-01\n", "overlaps the term 't'"),
        ("term,title,start,end,first_week\nt,x,2026-09-01,2026-10-01,C\n", "use one of A, B"),
    ],
)
def test_a_term_that_cannot_be_is_refused_with_its_line(play: Play, write: Write, sheet: str, problem: str) -> None:
    with db.write(play.engine) as conn, pytest.raises(ImportFileError, match=problem):
        import_terms(conn, SCHOOL, write("terms.csv", sheet))


def test_the_schools_own_word_goes_before_a_feed_and_a_feed_before_the_official_calendar(play: Play) -> None:
    day = date(2026, 10, 1)
    with db.write(play.engine) as conn:
        official = [OfficialDay(date(2026, 10, 8), "holiday", "国庆节"), OfficialDay(day, "makeup", "x")]
        put_official(conn, SCHOOL, official)
        assert school_day(conn, SCHOOL, date(2026, 10, 8)) is None
        assert school_day(conn, SCHOOL, day) is None  # calendar.csv calls it a holiday
        feed = read_feed(ICS.encode(), date(2026, 9, 1), date(2027, 9, 1), ZONE)
        assert put_feed(conn, SCHOOL, feed, date(2026, 9, 1), date(2027, 9, 1))
        assert not put_feed(conn, SCHOOL, feed, date(2026, 9, 1), date(2027, 9, 1))
        assert "makeup by the feed calendar" in explain(conn, SCHOOL, date(2026, 10, 8)).why
        assert "the official calendar says holiday" in explain(conn, SCHOOL, date(2026, 10, 8)).why


ICS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//x//y//EN
BEGIN:VEVENT
UID:1
SUMMARY:上班(补国庆节假期)
DTSTART;VALUE=DATE:20261008
DTEND;VALUE=DATE:20261009
END:VEVENT
BEGIN:VEVENT
UID:2
SUMMARY:Founders
CATEGORIES:HOLIDAY
DTSTART;VALUE=DATE:20261105
DTEND;VALUE=DATE:20261107
END:VEVENT
BEGIN:VEVENT
UID:3
SUMMARY:运动会
DTSTART;TZID=Asia/Shanghai:20260907T080000
DTEND;TZID=Asia/Shanghai:20260907T084000
RRULE:FREQ=WEEKLY;COUNT=400
END:VEVENT
BEGIN:VEVENT
UID:4
SUMMARY:家长会
DTSTART;VALUE=DATE:20261109
END:VEVENT
END:VCALENDAR
"""


def test_a_feed_says_whole_days_and_hours_and_what_it_does_not_say_is_counted() -> None:
    found = read_feed(ICS.encode(), date(2026, 9, 1), date(2026, 12, 1), ZONE)
    assert [(one.day.isoformat(), one.day_type) for one in found.days] == [
        ("2026-10-08", "makeup"), ("2026-11-05", "holiday"), ("2026-11-06", "holiday"),
    ]  # fmt: skip
    assert [(one.day, one.starts, one.ends) for one in found.hours][:2] == [
        (date(2026, 9, 7), 480, 520), (date(2026, 9, 14), 480, 520),
    ]  # fmt: skip
    assert len(found.hours) == 13  # followed to the end of the span and no further
    assert found.passed_over == 1


def test_in_hours_without_lessons_no_roll_is_taken(play: Play) -> None:
    with db.write(play.engine) as conn:
        put_feed(
            conn, SCHOOL, read_feed(ICS.encode(), date(2026, 9, 1), date(2026, 12, 1), ZONE),
            date(2026, 9, 1), date(2026, 12, 1),
        )  # fmt: skip
        day = school_day(conn, SCHOOL, date(2026, 9, 7))
        assert day is not None
        assert {one.period for one in lessons(conn, SCHOOL, day)} == {"P2"}


@pytest.mark.parametrize("text", [b"hello", b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:x\nEND:VEVENT\nEND:VCALENDAR"])
def test_what_is_no_calendar_is_refused(text: bytes) -> None:
    with pytest.raises(ImportFileError, match="is no iCalendar"):
        read_feed(text, date(2026, 9, 1), date(2026, 12, 1), ZONE)


def test_the_official_calendar_knows_make_up_days_and_says_which_years_it_knows() -> None:
    found = {one.day: (one.day_type, one.name) for one in official_days(2025)}
    assert found[date(2025, 10, 1)] == ("holiday", "国庆节")
    assert found[date(2025, 9, 28)] == ("makeup", "国庆节")
    assert date(2025, 9, 27) not in found  # an ordinary Saturday
    with pytest.raises(NotFound, match="update the library, or give a file"):
        official_days(2031)


def test_a_feed_over_http_is_read_again_only_when_it_changed(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def get(url: str, *, headers: dict[str, str], timeout: float, follow_redirects: bool) -> httpx.Response:
        asked.append(headers.get("If-None-Match", ""))
        request = httpx.Request("GET", url)
        if headers.get("If-None-Match") == '"1"':
            return httpx.Response(304, request=request)
        return httpx.Response(200, headers={"ETag": '"1"'}, content=ICS.encode(), request=request)

    monkeypatch.setattr(httpx, "get", get)
    reader = FeedReader("https://school.example/calendar.ics?key=secret", ZONE)
    with db.write(play.engine) as conn:
        assert "stored" in reader.read(conn, SCHOOL, play.at("06:00"))
        assert reader.read(conn, SCHOOL, play.at("07:00")) == "the feed has not changed"
    assert asked == ["", '"1"']
    with db.write(play.engine) as conn, pytest.raises(Unavailable, match="No such file"):
        FeedReader("/no/such/file.ics", ZONE).read(conn, SCHOOL, play.at("08:00"))


def test_a_feed_that_cannot_be_read_is_asked_for_again(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    bodies, asked = [b"broken", ICS.encode()], list[dict[str, str]]()

    def get(url: str, *, headers: dict[str, str], timeout: float, follow_redirects: bool) -> httpx.Response:
        asked.append(headers)
        return httpx.Response(200, headers={"ETag": '"1"'}, content=bodies.pop(0), request=httpx.Request("GET", url))

    monkeypatch.setattr(httpx, "get", get)
    reader = FeedReader("https://school.example/calendar.ics", ZONE)
    with db.write(play.engine) as conn, pytest.raises(ImportFileError):
        reader.read(conn, SCHOOL, play.at("06:00"))
    with db.write(play.engine) as conn:
        assert "stored" in reader.read(conn, SCHOOL, play.at("07:00"))
    assert asked == [{}, {}]


def test_a_changed_calendar_plans_the_day_again(play: Play, write: Write) -> None:
    planned = sa.select(sa.func.count()).select_from(sessions)
    play.tick(play.at("06:30"))
    with db.write(play.engine) as conn:
        assert conn.execute(planned).scalar_one() > 0
        files.import_calendar(conn, SCHOOL, write("calendar.csv", "date,day_type,name\n2026-09-07,holiday,停课\n"))
    play.tick(play.at("06:31"))
    with db.read(play.engine) as conn:
        assert conn.execute(planned).scalar_one() == 0


@pytest.mark.real_data
@pytest.mark.parametrize("year", [2024, 2025])
def test_the_library_and_the_published_file_say_the_same(real_data: Path, year: int) -> None:
    listed = {one.day: one.day_type for one in read_file(real_data / f"calendar/holiday-cn_{year}.json")}
    known = {one.day: one.day_type for one in official_days(year)}
    # The library lists weekends inside a holiday, the file every day of it; they agree on what one does on each.
    assert {day for day, kind in listed.items() if kind == "makeup"} == {d for d, k in known.items() if k == "makeup"}
    assert {day for day, kind in listed.items() if kind == "holiday"} <= {*known, *_weekends(year)}


def _weekends(year: int) -> set[date]:
    first = date(year, 1, 1).toordinal()
    return {day for n in range(366) if (day := date.fromordinal(first + n)).isoweekday() > 5}


@pytest.mark.real_data
def test_the_published_icalendar_is_read_like_the_file(real_data: Path) -> None:
    text = (real_data / "calendar/holiday-cn_2025.ics").read_bytes()
    found = read_feed(text, date(2025, 1, 1), date(2026, 1, 1), ZONE)
    listed = {one.day: one.day_type for one in read_file(real_data / "calendar/holiday-cn_2025.json")}
    of_2025 = {day: kind for day, kind in listed.items() if day.year == 2025}
    assert {one.day: one.day_type for one in found.days} == of_2025
