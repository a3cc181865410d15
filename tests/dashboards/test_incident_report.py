"""The report of a drill read back: figures, who was missing and where last seen, and the look on record."""

import io
from datetime import timedelta

import sqlalchemy as sa
from console_seed import OWN_CLASS, SCHOOL
from fastapi.testclient import TestClient
from pypdf import PdfReader

from attendance.tables import students
from campus import db
from campus.clock import VirtualClock
from dashboards.access import audit
from tests.dashboards.conftest import SignIn

API = "/api/v1"


def read(client: TestClient, incident: str) -> str:
    answer = client.get(f"{API}/incidents/{incident}/report")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)


def drill(guard: TestClient, clock: VirtualClock, *, left_out: int) -> tuple[str, list[str]]:
    """A drill in which everybody but the last ``left_out`` of a class is seen after three minutes."""
    view = guard.post(f"{API}/incidents", json={"kind": "evacuation", "exercise": True}).json()
    incident = view["incident"]["id"]
    own = next(one for one in view["classes"] if one["id"] == OWN_CLASS)
    missed = [pupil["id"] for pupil in own["students"]][:left_out]
    everybody = [one["id"] for each in view["classes"] for one in each["students"] if one["id"] not in missed]
    clock.advance(timedelta(minutes=3))
    for start in range(0, len(everybody), 500):
        said = {"students": everybody[start : start + 500], "state": "seen"}
        assert guard.post(f"{API}/incidents/{incident}/tick", json=said).status_code == 200
    clock.advance(timedelta(minutes=2))
    guard.post(f"{API}/incidents/{incident}/end", json={"note": "第一次演练 <b>"})
    return incident, missed


def test_it_says_who_was_not_accounted_for_and_how_long_it_took(
    sign_in: SignIn, noon: VirtualClock, seeded: sa.Engine
) -> None:
    guard = sign_in("guard")
    incident, missed = drill(guard, noon, left_out=2)
    text = read(guard, incident)
    with db.read(seeded) as conn:
        query = sa.select(students.c.name).where(students.c.school == SCHOOL, students.c.id.in_(missed))
        names = list(conn.execute(query).scalars())
    assert "EXERCISE" in text
    assert all(name in text for name in names)
    assert "3 分 min 0 秒 s" in text
    assert "未达到 never" in text
    assert "第一次演练 <b>" in text
    assert "疏散 Evacuation" in text
    assert "Began: " in text
    assert "All clear: " in text


def test_when_everybody_was_accounted_for_no_student_is_named(
    sign_in: SignIn, noon: VirtualClock, seeded: sa.Engine
) -> None:
    guard = sign_in("guard")
    incident, _ = drill(guard, noon, left_out=0)
    text = read(guard, incident)
    assert "everyone was accounted for" in text
    with db.read(seeded) as conn:
        assert [one.action for one in audit.recent(conn, SCHOOL)][0:1] == ["muster.report"]


def test_an_incident_nobody_knows_is_not_found(sign_in: SignIn) -> None:
    assert sign_in("guard").get(f"{API}/incidents/none/report").status_code == 404
