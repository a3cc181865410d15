"""The roll over the API: arrival first, the other sessions of the day beside it, each corrected by itself."""

from datetime import timedelta
from typing import Any

from console_seed import OWN_CLASS
from fastapi.testclient import TestClient

from campus.clock import VirtualClock
from tests.dashboards.conftest import SignIn

API = "/api/v1"


def roll(teacher: TestClient, session: str = "") -> dict[str, Any]:
    answer = teacher.get(f"{API}/classes/{OWN_CLASS}/roll", params={"session": session} if session else {})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def exercise_of(view: dict[str, Any]) -> str:
    return next(str(one["id"]) for one in view["sessions"] if one["kind"] == "exercise")


def test_the_arrival_is_shown_first_and_the_morning_exercise_stands_beside_it(sign_in: SignIn) -> None:
    view = roll(sign_in("teacher"))
    assert view["session"]["kind"] == "arrival"
    assert [(one["kind"], one["name_zh"], one["name_en"]) for one in view["sessions"]] == [
        ("arrival", "到校", "Arrival"),
        ("exercise", "大课间", "Morning exercise"),
    ]


def test_who_came_in_by_the_gates_was_at_morning_exercise(sign_in: SignIn) -> None:
    teacher = sign_in("teacher")
    arrival = roll(teacher)
    exercise = roll(teacher, exercise_of(arrival))
    assert exercise["session"]["state"] == "closed"
    came = {line["student"] for line in arrival["lines"] if line["status"] in {"present", "late"}}
    there = {line["student"]: line["why"] for line in exercise["lines"] if line["status"] == "present"}
    assert came
    assert len(came & set(there)) >= len(came) - 2
    assert set(there.values()) <= {"on_site", "gate_pass"}


def test_a_correction_of_the_exercise_leaves_the_arrival_alone(sign_in: SignIn) -> None:
    teacher = sign_in("teacher")
    arrival = roll(teacher)
    session = exercise_of(arrival)
    pupil = next(line["student"] for line in arrival["lines"] if line["status"] == "present")
    said = {"status": "absent", "reason": "stayed in the classroom"}
    answer = teacher.post(f"{API}/sessions/{session}/students/{pupil}/correction", json=said)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["status"], answer.json()["held"]) == ("absent", True)
    after = {line["student"]: line["status"] for line in roll(teacher)["lines"]}
    assert after[pupil] == "present"


def test_a_session_of_another_class_or_day_is_not_there(sign_in: SignIn) -> None:
    teacher = sign_in("teacher")
    assert teacher.get(f"{API}/classes/{OWN_CLASS}/roll", params={"session": "no-such"}).status_code == 404
    assert teacher.get(f"/roll/{OWN_CLASS}", params={"session": "no-such"}).status_code == 404


def test_several_are_corrected_and_undone_as_one(sign_in: SignIn) -> None:
    teacher = sign_in("teacher")
    view = roll(teacher)
    path = f"{API}/sessions/{view['session']['id']}"
    pupils = [line["student"] for line in view["lines"]][:3]
    before = {line["student"]: line["status"] for line in view["lines"][:3]}
    said = {"students": pupils, "status": "official", "reason": "升旗手"}
    lines = teacher.post(f"{path}/corrections", json=said).json()
    assert {(line["status"], line["held"]) for line in lines} == {("official", True)}
    lines = teacher.post(f"{path}/undo", json={"students": pupils}).json()
    assert {line["student"]: line["status"] for line in lines} == before
    wrong = {**said, "students": [*pupils, "no-such"]}
    assert teacher.post(f"{path}/corrections", json=wrong).status_code == 404
    assert {line["student"]: line["held"] for line in roll(teacher)["lines"]}[pupils[0]] is False


def test_a_roll_of_an_earlier_day_is_locked_to_its_teacher_and_not_to_the_office(
    sign_in: SignIn, noon: VirtualClock
) -> None:
    view = roll(sign_in("teacher"))
    assert view["locked_at"] is None
    noon.advance(timedelta(days=15))
    teacher, office = sign_in("teacher"), sign_in("office")
    day = {"day": view["day"]}
    late = teacher.get(f"{API}/classes/{OWN_CLASS}/roll", params=day).json()
    assert late["locked_at"] is not None
    assert not late["override"]
    path = f"{API}/sessions/{view['session']['id']}/students/{view['lines'][0]['student']}"
    said = {"status": "present", "reason": "家长补交证明"}
    assert teacher.post(f"{path}/correction", json=said).status_code == 409
    assert office.post(f"{path}/correction", json=said).json()["evidence"]["locked_at"]
    seen = [row["action"] for row in sign_in("admin").get(f"{API}/platform").json()["access"]]
    assert seen[0] == "roll.override"
