"""Leave over the API and its page: written down for a guardian, decided, and who decides a teacher's own request."""

from typing import Any

from console_seed import DAY, FOREIGN_CLASS, OWN_CLASS
from fastapi.testclient import TestClient

from tests.dashboards.conftest import SignIn

API = "/api/v1"


def view(teacher: TestClient) -> dict[str, Any]:
    return dict(teacher.get(f"{API}/classes/{OWN_CLASS}/leave").json())


def absent_one(teacher: TestClient) -> str:
    lines = teacher.get(f"{API}/classes/{OWN_CLASS}/roll").json()["lines"]
    return next(str(line["student"]) for line in lines if line["status"] in {"absent", "unknown"})


def ask(teacher: TestClient, student: str, **more: object) -> dict[str, Any]:
    said = {"student": student, "first": DAY.isoformat(), "last": DAY.isoformat(), "kind": "sick", **more}
    answer = teacher.post(f"{API}/leave", json=said)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def decide(teacher: TestClient, id_: str, decision: str, words: str = "") -> Any:
    return teacher.post(f"{API}/leave/{id_}/{decision}", json={"words": words})


def test_a_guardians_request_is_written_down_and_approved_by_the_class_teacher(sign_in: SignIn) -> None:
    teacher = sign_in("teacher")
    asked = ask(teacher, absent_one(teacher), symptom="fever", note="妈妈来电")
    assert (asked["phase"], asked["guardian"], asked["asked_by"]) == ("waits", True, "李晓梅")
    assert view(teacher)["lines"][0]["id"] == asked["id"]
    assert view(teacher)["classes"][0]["waiting"] == 1
    done = decide(teacher, asked["id"], "approve").json()
    assert (done["state"], done["phase"], done["decided_by"]) == ("approved", "runs", "李晓梅")


def test_a_teachers_own_request_is_decided_by_the_school_office(sign_in: SignIn) -> None:
    teacher, office = sign_in("teacher"), sign_in("office")
    asked = ask(teacher, absent_one(teacher), by_guardian=False, kind="official")
    assert asked["own"]
    assert decide(teacher, asked["id"], "approve").status_code == 409
    assert office.get("/leave").headers["location"] == f"/leave/{OWN_CLASS}"  # where something waits
    assert decide(office, asked["id"], "approve").json()["decided_by"] == "孙教务"


def test_a_refusal_needs_words_and_a_return_ends_the_leave(sign_in: SignIn) -> None:
    teacher = sign_in("teacher")
    student = absent_one(teacher)
    asked = ask(teacher, student)
    assert decide(teacher, asked["id"], "refuse").status_code == 409
    assert decide(teacher, asked["id"], "refuse", "今天考试").json()["words"] == "今天考试"
    other = ask(teacher, student, begins="07:00")
    decide(teacher, other["id"], "approve")
    back = decide(teacher, other["id"], "return", "退烧").json()
    assert back["phase"] == "over"
    assert back["returned_at"] is not None


def test_leave_of_weekdays_is_kept_as_it_was_said(sign_in: SignIn) -> None:
    teacher = sign_in("teacher")
    asked = ask(teacher, absent_one(teacher), last="2026-12-18", begins="15:00", ends="16:10", weekdays=[1, 4])
    assert (asked["starts"], asked["ends"]) == ("2026-09-07T07:00:00Z", "2026-12-18T08:10:00Z")
    assert asked["weekdays"] == [1, 4]


def test_a_teacher_asks_and_decides_for_no_other_class(sign_in: SignIn) -> None:
    teacher, other = sign_in("teacher"), sign_in("teacher2")
    student = absent_one(teacher)
    asked = ask(teacher, student)
    assert decide(other, asked["id"], "approve").status_code == 404
    said = {"student": student, "first": "2026-09-08", "last": "2026-09-08"}
    assert other.post(f"{API}/leave", json=said).status_code == 404
    assert teacher.get(f"/leave/{FOREIGN_CLASS}").status_code == 404


def test_every_look_and_word_is_in_the_access_log(sign_in: SignIn) -> None:
    teacher = sign_in("teacher")
    asked = ask(teacher, absent_one(teacher))
    decide(teacher, asked["id"], "approve")
    teacher.get(f"/leave/{OWN_CLASS}")
    seen = [row["action"] for row in sign_in("admin").get(f"{API}/platform").json()["access"]]
    assert seen[:3] == ["leave.view", "leave.decide", "leave.ask"]


def test_three_similar_cases_reach_the_doctor_and_the_teacher_is_told(sign_in: SignIn) -> None:
    teacher, doctor = sign_in("teacher"), sign_in("doctor")
    pupils = [line["student"] for line in teacher.get(f"{API}/classes/{OWN_CLASS}/roll").json()["lines"]][-3:]
    for student in pupils:
        decide(teacher, ask(teacher, student, symptom="stomach")["id"], "approve")
    (card,) = doctor.get(f"{API}/illness").json()["cards"]
    assert (card["why"], card["symptom"], {one["id"] for one in card["patients"]}) == (
        "similar_cases", "stomach", set(pupils)
    )  # fmt: skip
    assert doctor.get(f"{API}/illness").json()["today"][0]["cases"] == 3
    (told,) = view(teacher)["follow_ups"]
    assert told["students"] == 3
    done = doctor.post(f"{API}/illness/{card['id']}", json={"words": "已消毒", "close": True})
    assert done.json()["notes"][0]["by"] == "何校医"
    assert view(teacher)["follow_ups"] == []
