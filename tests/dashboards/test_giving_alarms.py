"""A guard gives an alarm to somebody else, or all of them at the end of a shift."""

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from alerts.tables import OPEN, alarms
from dashboards.access import accounts
from dashboards.tables import accounts as account_rows
from tests.dashboards.conftest import BASE, SignIn

HEAD = {"Origin": BASE}


@pytest.fixture
def colleague(seeded: sa.Engine) -> str:
    """A second guard, who takes over."""
    with seeded.begin() as conn:
        someone = conn.execute(sa.select(account_rows).where(account_rows.c.role == "guard")).mappings().first()
        assert someone is not None
        made = accounts.create_account(
            conn, someone["school"], "night", "夜班 Night", "guard", "a-long-enough-pass", someone["created_at"]
        )
    return made.id


@pytest.fixture
def guard(sign_in: SignIn) -> TestClient:
    """The guard's browser."""
    return sign_in("guard")


def an_open_alarm(seeded: sa.Engine) -> str:
    with seeded.connect() as conn:
        return str(conn.execute(sa.select(alarms.c.id).where(sa.text(OPEN)).limit(1)).scalar_one())


def test_an_assigned_alarm_shows_who_has_it_and_the_note_names_the_person(
    guard: TestClient, seeded: sa.Engine, colleague: str
) -> None:
    alarm_id = an_open_alarm(seeded)
    said = {"to": colleague, "text": "please look at the east gate"}
    answer = guard.post(f"/api/v1/alarms/{alarm_id}/assign", json=said, headers=HEAD)
    assert answer.status_code == 200, answer.text
    assert answer.json()["alarm"]["assigned_to"] == "夜班 Night"
    notes = [step["note"] for step in answer.json()["detail"]["steps"] if step["action"] == "assign"]
    assert notes == ["夜班 Night: please look at the east gate"]


def test_at_the_end_of_a_shift_only_ones_own_open_alarms_go_to_the_next_guard(
    guard: TestClient, seeded: sa.Engine, colleague: str
) -> None:
    alarm_id = an_open_alarm(seeded)
    guard.post(f"/api/v1/alarms/{alarm_id}/acknowledge", json={}, headers=HEAD)
    answer = guard.post("/api/v1/alarms/hand-over", json={"to": colleague, "text": "gate 2 sticks"}, headers=HEAD)
    assert answer.status_code == 200, answer.text
    given = {row["id"] for row in answer.json()["open"] if row["assigned_to"] == "夜班 Night"}
    assert given == {alarm_id}


def test_nobody_hands_a_shift_over_to_oneself(guard: TestClient) -> None:
    takers = guard.get("/api/v1/alarms/takers").json()
    (me,) = [one["id"] for one in takers if one["me"]]
    answer = guard.post("/api/v1/alarms/hand-over", json={"to": me}, headers=HEAD)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_somebody_who_may_not_act_on_alarms_cannot_be_given_one(guard: TestClient, seeded: sa.Engine) -> None:
    with seeded.connect() as conn:
        teacher = conn.execute(sa.select(account_rows.c.id).where(account_rows.c.role == "teacher")).scalar()
    answer = guard.post(f"/api/v1/alarms/{an_open_alarm(seeded)}/assign", json={"to": teacher}, headers=HEAD)
    assert answer.status_code == 409
    assert teacher not in {one["id"] for one in guard.get("/api/v1/alarms/takers").json()}
