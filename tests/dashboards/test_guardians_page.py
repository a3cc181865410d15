"""The guardians page and its interface: who may see and change what, and the log of what was sent."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from console_seed import FOREIGN_CLASS, NOW, OWN_CLASS, SCHOOL, ZONE
from fastapi.testclient import TestClient

from attendance.guardians import looks
from attendance.guardians.notices import Timing
from attendance.guardians.ports import Answer, Letter
from attendance.guardians.tables import guardian_wishes
from attendance.guardians.worker import GuardianWorker
from attendance.tables import students
from campus import db
from campus.clock import VirtualClock
from dashboards.tables import access_log
from dashboards.views.guardians import hidden
from tests.dashboards.conftest import SignIn

API = "/api/v1"


class Gateway:
    def __init__(self) -> None:
        self.taken: list[Letter] = []

    def refusal(self, contact: str) -> str:
        return "" if contact else "no_contact"

    def send(self, letter: Letter) -> Answer:
        self.taken.append(letter)
        return Answer(result="done", detail="HTTP 200")


@pytest.fixture
def student(seeded: sa.Engine) -> str:
    with seeded.connect() as conn:
        return str(conn.execute(sa.select(students.c.id).where(students.c.class_id == OWN_CLASS)).scalars().first())


def add(office: TestClient, student: str, **more: object) -> dict[str, object]:
    said = {"student": student, "name": "王大明", "relation": "father", "phone": "13800138000", "wants": ["absent"]}
    answer = office.post(f"{API}/guardians", json={**said, **more})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_the_office_adds_a_guardian_and_the_class_teacher_sees_who_gets_what(
    sign_in: SignIn, student: str, seeded: sa.Engine
) -> None:
    office, teacher = sign_in("office"), sign_in("teacher")
    made = add(office, student)
    assert (made["phone"], made["wants"]) == ("13800138000", ["absent"])
    view = teacher.get(f"{API}/classes/{OWN_CLASS}/guardians").json()
    line = next(one for one in view["students"] if one["student"] == student)["guardians"][0]
    assert (line["name"], line["phone"], line["relation"], view["may_edit"]) == ("王大明", "138****00", "father", False)
    assert teacher.post(f"{API}/guardians/{made['id']}", json={"wants": []}).status_code == 403
    assert teacher.get(f"{API}/classes/{FOREIGN_CLASS}/guardians").status_code == 404
    with seeded.connect() as conn:
        actions = set(conn.execute(sa.select(access_log.c.action)).scalars())
        assert conn.execute(sa.select(guardian_wishes.c.entered_by)).scalar_one() != ""
    assert {"guardians.view", "guardians.change"} <= actions


def test_the_office_changes_what_a_guardian_agreed_to(sign_in: SignIn, student: str) -> None:
    office = sign_in("office")
    id_ = add(office, student)["id"]
    quiet = {"quiet_from": 1200, "quiet_until": 420}
    changed = office.post(
        f"{API}/guardians/{id_}", json={"wants": ["left", "arrived"], "language": "en", **quiet}
    ).json()
    assert (changed["wants"], changed["language"], changed["quiet_from"]) == (["arrived", "left"], "en", 1200)
    assert office.post(f"{API}/guardians/{id_}", json={"wants": []}).json()["wants"] == []
    half = office.post(f"{API}/guardians/{id_}", json={"wants": [], "quiet_from": 60})
    assert (half.status_code, "beginning and an end" in half.json()["detail"]) == (409, True)
    assert office.post(f"{API}/guardians/no-such", json={"wants": []}).status_code == 404
    wrong = office.post(f"{API}/guardians", json={"student": student, "name": "x", "phone": "call me"})
    assert wrong.status_code == 409


def test_the_log_says_what_was_sent_and_in_which_words(sign_in: SignIn, seeded: sa.Engine) -> None:
    office = sign_in("office")
    roll = office.get(f"{API}/classes/{OWN_CLASS}/roll").json()["lines"]
    student = next(one["student"] for one in roll if one["status"] == "present")
    add(office, student, wants=["absent", "arrived"])
    clock, gateway = VirtualClock(NOW), Gateway()
    timing = Timing(zone=ZONE, fresh=timedelta(hours=12))
    worker = GuardianWorker(seeded, gateway, clock, timing, timedelta(days=90))
    with db.write(seeded) as conn:
        looks.note(conn, {looks.Look(SCHOOL, student, NOW.astimezone(ZONE).date())}, NOW)
    worker.run_once()
    clock.advance(timedelta(minutes=11))
    worker.run_once()
    log = office.get(f"{API}/classes/{OWN_CLASS}/guardians").json()["messages"]
    assert [(one["kind"], one["state"], one["guardian_name"], one["detail"]) for one in log] == [
        ("arrived", "sent", "王大明", "HTTP 200")
    ]
    assert log[0]["text"] == gateway.taken[0].text
    assert log[0]["attempts"] == 1


def test_the_page_opens_for_the_office_and_says_nothing_of_other_classes(sign_in: SignIn, student: str) -> None:
    office = sign_in("office")
    add(office, student)
    page = office.get(f"/guardians/{OWN_CLASS}")
    assert page.status_code == 200
    assert "王大明" in page.text
    assert sign_in("teacher").get(f"/guardians/{FOREIGN_CLASS}").status_code == 404
    assert sign_in("guard").get("/guardians").status_code == 403


@pytest.mark.parametrize(
    ("contact", "shown"),
    [("13800138000", "138****00"), ("a.lee@example.org", "a…@example.org"), ("12345", "****"), ("", "")],
)
def test_a_teacher_sees_a_contact_in_part(contact: str, shown: str) -> None:
    assert hidden(contact) == shown


HEAD = "guardian,name,student,relation,phone,language,wants"


def test_a_sheet_of_guardians_is_looked_at_then_taken_and_only_that_file(
    sign_in: SignIn, student: str, seeded: sa.Engine
) -> None:
    office = sign_in("office")
    row = f"p-1,王大明,{student},father,13800138000,zh,absent arrived"
    look = office.post(f"{API}/guardian-sheet/dry-run", content=f"{HEAD}\n{row}\n".encode()).json()
    assert look["report"] == {"guardians": 1, "students": 1, "added": 1, "changed": 0}
    with seeded.connect() as conn:
        assert conn.execute(sa.select(guardian_wishes)).first() is None
    other = f"{HEAD}\n{row} left\n".encode()
    assert office.post(f"{API}/guardian-sheet/import?digest={look['digest']}", content=other).status_code == 409
    taken = office.post(f"{API}/guardian-sheet/import?digest={look['digest']}", content=f"{HEAD}\n{row}\n".encode())
    assert taken.json()["added"] == 1
    again = office.post(f"{API}/guardian-sheet/dry-run", content=f"{HEAD}\n{row}\n".encode()).json()["report"]
    assert (again["added"], again["changed"]) == (0, 0)
    changed = office.post(f"{API}/guardian-sheet/dry-run", content=other).json()["report"]
    assert (changed["added"], changed["changed"]) == (0, 1)
    with seeded.connect() as conn:
        assert "guardians.import" in set(conn.execute(sa.select(access_log.c.action)).scalars())


def test_every_wrong_line_of_a_sheet_is_named_and_nothing_is_taken(
    sign_in: SignIn, student: str, seeded: sa.Engine
) -> None:
    rows = [
        f"p-1,王大明,{student},father,13800138000,zh,absent",
        "p-2,李四,no-such,mother,13800138001,zh,absent",
        f"p-3,张三,{student},mother,call me,zh,absent",
        f"p-4,赵六,{student},mother,13800138002,fr,absent",
        f"p-5,孙七,{student},mother,13800138003,zh,everything",
    ]
    answer = sign_in("office").post(f"{API}/guardian-sheet/dry-run", content="\n".join([HEAD, *rows]).encode())
    assert answer.status_code == 422
    told = answer.json()["detail"]
    for line, problem in ((3, "not in the roster"), (4, "write it in digits"), (5, "zh or en"), (6, "use arrived")):
        assert any(f"line {line}:" in one and problem in one for one in told.splitlines()), told
    assert "line 2:" not in told
    with seeded.connect() as conn:
        assert conn.execute(sa.select(guardian_wishes)).first() is None


def test_a_removed_guardian_hears_nothing_more_and_the_removal_is_on_record(
    sign_in: SignIn, student: str, seeded: sa.Engine
) -> None:
    office = sign_in("office")
    roll = office.get(f"{API}/classes/{OWN_CLASS}/roll").json()["lines"]
    here = next(one["student"] for one in roll if one["status"] == "present")
    id_ = add(office, here, wants=["arrived"])["id"]
    clock, gateway = VirtualClock(NOW), Gateway()
    timing = Timing(zone=ZONE, fresh=timedelta(hours=12))
    worker = GuardianWorker(seeded, gateway, clock, timing, timedelta(days=90))
    with db.write(seeded) as conn:
        looks.note(conn, {looks.Look(SCHOOL, here, NOW.astimezone(ZONE).date())}, NOW)
    worker.run_once()  # the notice waits for others

    assert sign_in("teacher").post(f"{API}/guardians/{id_}/remove").status_code == 403
    assert office.post(f"{API}/guardians/{id_}/remove").json() == {"id": id_, "name": "王大明"}
    clock.advance(timedelta(minutes=11))
    worker.run_once()
    assert gateway.taken == []
    view = office.get(f"{API}/classes/{OWN_CLASS}/guardians").json()
    assert all(not one["guardians"] for one in view["students"] if one["student"] == here)
    assert office.post(f"{API}/guardians/{id_}/remove").status_code == 404
    with seeded.connect() as conn:
        subjects = conn.execute(sa.select(access_log.c.subject).where(access_log.c.action == "guardians.remove"))
        assert [one.split()[0] for one in subjects.scalars()] == [id_]
