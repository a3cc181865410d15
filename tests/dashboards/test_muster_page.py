"""The muster over the API: a guard leads, teachers tick their own classes, the gates help, the figures stay."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from console_seed import FOREIGN_CLASS, OWN_CLASS, SCHOOL, Play
from fastapi.testclient import TestClient

from attendance.tables import classes, enrolments, students, timetable
from campus import db
from campus.clock import VirtualClock
from campus.events import GatePass
from campus.settings import Settings
from dashboards.access import audit
from dashboards.deps import Deps
from simulator.school.school import build_school
from tests.dashboards.conftest import SignIn
from tests.dashboards.console_seed import DAY

API = "/api/v1"


def begin(guard: TestClient, **more: Any) -> dict[str, Any]:
    answer = guard.post(f"{API}/incidents", json={"kind": "evacuation", **more})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def class_of(view: dict[str, Any], class_id: str) -> dict[str, Any]:
    return dict(next(one for one in view["classes"] if one["id"] == class_id))


def tick(client: TestClient, view: dict[str, Any], pupils: list[str], state: str = "seen") -> Any:
    return client.post(f"{API}/incidents/{view['incident']['id']}/tick", json={"students": pupils, "state": state})


def test_an_evacuation_lists_by_class_who_is_on_site_or_may_be_and_where_last_seen(sign_in: SignIn) -> None:
    guard = sign_in("guard")
    calm = guard.get(f"{API}/muster").json()
    assert calm["incident"] is None
    view = begin(guard, exercise=True)
    assert view["incident"]["exercise"] is True
    assert view["figures"]["total"] == calm["would_count"] > 1000
    own = class_of(view, OWN_CLASS)
    assert own["accounted"] == 0
    assert own["room"] is not None  # where the class has its lesson now
    assert {pupil["state"] for pupil in own["students"]} == {"open"}
    assert {pupil["before"] for one in view["classes"] for pupil in one["students"]} == {"in", "unknown"}
    seen = [pupil for pupil in own["students"] if pupil["seen_at"] is not None]
    assert seen
    assert all(pupil["place"] in view["places"] for pupil in seen)


def test_who_left_the_site_before_is_not_looked_for(sign_in: SignIn, seeded: sa.Engine) -> None:
    view = begin(sign_in("guard"))
    with seeded.connect() as conn:
        everybody = conn.execute(sa.select(sa.func.count()).select_from(students)).scalar_one()
    assert view["figures"]["total"] < everybody


def test_teachers_tick_their_own_classes_and_the_guard_sees_the_rest(sign_in: SignIn) -> None:
    guard, teacher = sign_in("guard"), sign_in("teacher")
    begin(guard)
    mine = teacher.get(f"{API}/muster").json()
    assert [one["id"] for one in mine["classes"]] == [OWN_CLASS]
    pupils = [pupil["id"] for pupil in mine["classes"][0]["students"]]
    ticked = tick(teacher, mine, pupils[:-2])
    assert ticked.status_code == 200, ticked.text
    assert tick(teacher, mine, [pupils[-1]], "missing").status_code == 200
    theirs = teacher.get(f"{API}/muster").json()["classes"][0]
    assert (theirs["accounted"], theirs["missing"], len(theirs["students"])) == (len(pupils) - 2, 1, len(pupils))
    shown = class_of(guard.get(f"{API}/muster").json(), OWN_CLASS)
    assert [pupil["id"] for pupil in shown["students"]] == [pupils[-1], pupils[-2]]  # the missing one first
    assert shown["students"][0]["by"] == "李晓梅"


def test_a_teacher_ticks_nobody_of_another_class(sign_in: SignIn) -> None:
    view = begin(sign_in("guard"))
    foreign = class_of(view, FOREIGN_CLASS)["students"][0]["id"]
    assert tick(sign_in("teacher"), view, [foreign]).status_code == 404
    assert tick(sign_in("teacher2"), view, [foreign]).status_code == 200


def test_a_tick_is_taken_back(sign_in: SignIn) -> None:
    guard, teacher = sign_in("guard"), sign_in("teacher")
    view = begin(guard)
    one = class_of(view, OWN_CLASS)["students"][0]["id"]
    tick(teacher, view, [one])
    tick(teacher, view, [one], "open")
    assert guard.get(f"{API}/muster").json()["figures"]["accounted"] == 0


def test_who_leaves_by_a_gate_is_accounted_for_without_a_person(
    sign_in: SignIn, deps: Deps, noon: VirtualClock
) -> None:
    guard = sign_in("guard")
    view = begin(guard)
    play = Play(deps.engine, noon, Settings())
    with db.read(deps.engine) as conn:
        play.registry.refresh(conn)
    student = next(pupil["id"] for pupil in class_of(view, OWN_CLASS)["students"] if pupil["before"] == "in")
    school = build_school(7, b"k" * 16, DAY, SCHOOL)
    card = next(one.credential for one in school.students if one.id == student)
    noon.advance(timedelta(seconds=90))
    play.say("gate-1", GatePass(credential=card, direction="out"))
    teachers = sign_in("teacher").get(f"{API}/muster").json()["classes"][0]
    (left,) = [pupil for pupil in teachers["students"] if pupil["state"] == "left"]
    assert (left["id"], left["place"]) == (student, "gate-1")
    assert guard.get(f"{API}/muster").json()["figures"]["accounted"] == 1


def test_the_all_clear_ends_it_and_the_figures_stay(sign_in: SignIn, noon: VirtualClock) -> None:
    guard = sign_in("guard")
    view = begin(guard, exercise=True)
    everybody = [pupil["id"] for one in view["classes"] for pupil in one["students"]]
    for at in range(0, len(everybody), 400):
        noon.advance(timedelta(seconds=60))
        assert tick(guard, view, everybody[at : at + 400]).status_code == 200
    path = f"{API}/incidents/{view['incident']['id']}"
    ended = guard.post(f"{path}/end", json={"note": "drill of the term"}).json()
    assert ended["incident"] is None
    assert [one["note"] for one in ended["past"]] == ["drill of the term"]
    figures = guard.get(f"{path}/figures").json()
    assert figures["accounted"] == figures["total"] == len(everybody)
    assert figures["within"]["100"] == 60.0 * -(-len(everybody) // 400)
    assert tick(guard, view, everybody[:1]).status_code == 409
    assert guard.post(f"{path}/end", json={}).status_code == 409


def test_one_incident_at_a_time_and_only_of_an_alarm_that_exists(sign_in: SignIn) -> None:
    guard = sign_in("guard")
    assert guard.post(f"{API}/incidents", json={"kind": "evacuation", "alarm": "no-such"}).status_code == 404
    begin(guard)
    assert guard.post(f"{API}/incidents", json={"kind": "lockdown"}).status_code == 409


@pytest.mark.parametrize("said", [{"kind": "party"}, {"kind": "evacuation", "who": "me"}, {}])
def test_a_beginning_that_means_nothing_is_refused(sign_in: SignIn, said: dict[str, str]) -> None:
    assert sign_in("guard").post(f"{API}/incidents", json=said).status_code == 422


def test_a_look_at_the_muster_is_logged(sign_in: SignIn, deps: Deps) -> None:
    begin(sign_in("guard"))
    sign_in("teacher").get("/muster")
    with db.read(deps.engine) as conn:
        looks = [(entry.login, entry.action) for entry in audit.recent(conn, SCHOOL, 50)]
    assert ("teacher", "muster.view") in looks


def test_who_has_a_lesson_in_a_teaching_group_is_looked_for_there(sign_in: SignIn, seeded: sa.Engine) -> None:
    view = begin(sign_in("guard"), exercise=True)
    pupil, other = class_of(view, OWN_CLASS)["students"][:2]
    assert pupil["room"] is None
    with db.write(seeded) as conn:
        own = conn.execute(sa.select(timetable).where(timetable.c.school == SCHOOL, timetable.c.class_id == OWN_CLASS))
        hours = [{**row._mapping, "class_id": "g-1", "subject": "美术", "room": "studio"} for row in own]
        conn.execute(timetable.insert(), hours)
        group = {"school": SCHOOL, "id": "g-1", "title": "美术", "grade": "07", "kind": "scheduled", "room": None}
        conn.execute(classes.insert().values(**group, active=True))
        place = {"school": SCHOOL, "class_id": "g-1", "role": "student", "person": pupil["id"], "is_primary": False}
        conn.execute(enrolments.insert().values(**place))
    found = {one["id"]: one for one in class_of(sign_in("guard").get(f"{API}/muster").json(), OWN_CLASS)["students"]}
    assert (found[pupil["id"]]["room"], found[pupil["id"]]["subject"]) == ("studio", "美术")
    assert found[other["id"]]["room"] is None
