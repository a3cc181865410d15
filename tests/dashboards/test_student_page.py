"""A student's page over the API: today, the week, the term, habits; only of an own class, and every look logged."""

import sqlalchemy as sa
from console_seed import FOREIGN_CLASS
from term_seed import pupils, write_term

from attendance.tables import students
from tests.dashboards.conftest import SignIn

API = "/api/v1"


def test_a_student_who_is_late_on_mondays_is_shown_so(sign_in: SignIn, seeded: sa.Engine) -> None:
    write_term(seeded)
    page = sign_in("teacher").get(f"{API}/students/{pupils(seeded)[0]}").json()
    monday = page["weekdays"][0]
    assert (monday["weekday"], monday["late"], monday["minutes"]) == (1, 12, 12.0)
    assert [(sign["kind"], sign["weekday"]) for sign in page["insight"]["signs"]] == [("late_on_weekday", 1)]
    assert len(page["calendar"]) == 61
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
