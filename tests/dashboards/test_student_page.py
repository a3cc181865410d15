"""A student's page over the API: today, the week, the term, habits; only of an own class, and every look logged."""

from datetime import date

import sqlalchemy as sa
from console_seed import FOREIGN_CLASS, OWN_CLASS, SCHOOL
from term_seed import pupils, write_term

from attendance.policy import Status
from attendance.reports import student_days
from attendance.reports.student_days import CalendarCell
from attendance.tables import status_names, students
from tests.dashboards.conftest import SignIn

API = "/api/v1"


def test_a_student_who_is_late_on_mondays_is_shown_so(sign_in: SignIn, seeded: sa.Engine) -> None:
    write_term(seeded)
    page = sign_in("teacher").get(f"{API}/students/{pupils(seeded)[0]}").json()
    monday = page["weekdays"][0]
    assert (monday["weekday"], monday["late"], monday["minutes"]) == (1, 12, 12.0)
    assert [(sign["kind"], sign["weekday"]) for sign in page["insight"]["signs"]] == [("late_on_weekday", 1)]
    assert len(page["calendar"]) == 61
    worst = page["first_lessons"][0]
    with seeded.connect() as conn:
        subjects = student_days.first_subjects(conn, SCHOOL, OWN_CLASS)
    assert worst["subject"] == subjects[1]  # of Monday
    assert worst["late"] == 12
    assert [one["kind"] for one in page["sessions"]] == ["arrival", "exercise"]  # of this Monday so far


def test_a_change_against_the_own_past_is_shown_in_days(sign_in: SignIn, seeded: sa.Engine) -> None:
    write_term(seeded)
    page = sign_in("teacher").get(f"{API}/students/{pupils(seeded)[1]}").json()
    assert page["before"]["away"] == 0
    assert (page["lately"]["away"], page["lately"]["days"]) == (6, 20)
    assert ("more_than_before", 6, 20) in {(one["kind"], one["count"], one["of"]) for one in page["insight"]["signs"]}


def test_the_history_of_a_span_is_the_current_mark_of_each_session(sign_in: SignIn, seeded: sa.Engine) -> None:
    write_term(seeded)
    teacher, student = sign_in("teacher"), pupils(seeded)[2]
    span = {"first": "2026-08-31", "last": "2026-09-04"}
    found = teacher.get(f"{API}/students/{student}/attendance", params=span).json()
    assert [one["status"] for one in found] == ["present", "present", "absent", "absent", "absent"]
    wrong = {"first": "2026-09-04", "last": "2026-08-31"}
    assert teacher.get(f"{API}/students/{student}/attendance", params=wrong).status_code == 409


def test_a_student_of_another_class_is_not_there(sign_in: SignIn, seeded: sa.Engine) -> None:
    with seeded.connect() as conn:
        query = sa.select(students.c.id).where(students.c.class_id == FOREIGN_CLASS).limit(1)
        other = conn.execute(query).scalar_one()
    teacher = sign_in("teacher")
    for path in (f"/students/{other}", f"{API}/students/{other}", f"{API}/students/{other}/attendance"):
        assert teacher.get(path).status_code == 404
    assert sign_in("office").get(f"/students/{other}").status_code == 200


def test_each_look_at_a_student_is_in_the_access_log(sign_in: SignIn, seeded: sa.Engine) -> None:
    student = pupils(seeded)[0]
    sign_in("teacher").get(f"/students/{student}")
    (first, *_) = sign_in("admin").get(f"{API}/platform").json()["access"]
    assert (first["action"], first["subject"], first["login"]) == ("student.view", student, "teacher")


def test_the_pages_call_a_status_what_the_school_calls_it(sign_in: SignIn, seeded: sa.Engine) -> None:
    own = {"school": SCHOOL, "status": "absent", "code": "K", "name": "旷课", "name_en": "Truant"}
    teacher = sign_in("teacher")
    assert "旷课" not in teacher.get(f"/roll/{OWN_CLASS}").text
    with seeded.begin() as conn:
        conn.execute(status_names.insert(), own)
    assert '<option value="absent">旷课</option>' in teacher.get(f"/roll/{OWN_CLASS}").text
    assert '"status.absent":"旷课"' in teacher.get(f"/students/{pupils(seeded)[0]}").text


def test_lateness_by_the_first_lesson_puts_the_worst_first() -> None:
    def cell(day: int, status: Status) -> CalendarCell:
        return CalendarCell(day=date(2026, 9, day), status=status, arrival=status, minutes=None)

    cells = [cell(7, "late"), cell(14, "present"), cell(8, "late"), cell(15, "late"), cell(9, "late"), cell(10, "sick")]
    found = student_days.late_by_subject(cells, {1: "数学", 2: "英语", 4: "体育"})
    assert [(one.subject, one.late, one.of) for one in found][:2] == [("英语", 2, 2), ("数学", 1, 2)]
