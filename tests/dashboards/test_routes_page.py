"""Routes over the console: judged, tried by a made-up alarm, put in force against a tag, and put back."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from alerts.telling import duty
from alerts.telling.in_force import in_force
from alerts.telling.routefile import EVERYONE_TEXT
from alerts.telling.tables import endpoints
from campus import db
from dashboards.access import audit
from dashboards.app import create_app
from dashboards.deps import Deps
from tests.dashboards import console_seed
from tests.dashboards.conftest import BASE, SignIn
from tests.dashboards.console_seed import NOW, SCHOOL

API = "/api/v1/routes"
TEXT = """root:
  name: school
  levels: [{to: [guard], by: [group]}]
  routes:
    - name: life
      severities: [critical]
      levels:
        - {to: [guard], by: [group]}
        - {after_s: 120, to: [facility], by: [sms]}
      remind_every_s: 60
      remind_times: 1
"""
ALARM = {"rule": "smoke", "severity": "critical", "at": NOW.isoformat(), "place": "library", "device_kind": "sensor"}


@pytest.fixture
def admin(sign_in: SignIn, seeded: sa.Engine) -> TestClient:
    """The administrator, where a worker began with two endpoints."""
    rows = [
        {"name": name, "kind": "test", "min_severity": severity, "seen_at": NOW}
        for name, severity in (("group", "warning"), ("sms", "critical"))
    ]
    with db.write(seeded) as conn:
        conn.execute(endpoints.insert(), rows)
    return sign_in("admin")


def save(client: TestClient, text: str, tag: str, reason: str = "asked for") -> tuple[int, dict, str]:  # type: ignore[type-arg]
    answer = client.post(API, json={"text": text, "reason": reason}, headers={"If-Match": tag})
    return answer.status_code, answer.json(), answer.headers.get("ETag", "")


def test_what_is_saved_is_in_force_with_a_way_back_and_in_the_access_log(admin: TestClient, seeded: sa.Engine) -> None:
    first = admin.get(API)
    assert (first.json()["origin"], first.json()["text"]) == ("everyone", EVERYONE_TEXT)
    status, desk, tag = save(admin, TEXT, first.headers["ETag"])
    assert (status, desk["number"], desk["origin"], desk["text"]) == (200, 2, "revision", TEXT)
    assert [(one["number"], one["made_by"], one["reason"]) for one in desk["revisions"]] == [
        (2, "管理员", "asked for"),
        (1, "file", "as it was found"),
    ]
    assert admin.get(API).headers["ETag"] == tag  # the answer of a write can be written upon
    old = admin.get(f"{API}/revisions/1").json()["text"]
    assert save(admin, old, tag, "back")[1]["number"] == 3
    with db.read(seeded) as conn:
        assert in_force(conn, None).text == EVERYONE_TEXT
        found = audit.entries(conn, SCHOOL, audit.Wanted(action="routes.change"), 5)
    assert [(one.login, one.subject) for one in found] == [("admin", "3"), ("admin", "2")]
    assert admin.get(f"{API}/revisions/9").status_code == 404


def test_who_saves_second_is_told_what_is_in_force_by_now(admin: TestClient, seeded: sa.Engine) -> None:
    tag = admin.get(API).headers["ETag"]
    assert save(admin, TEXT, f"W/{tag}")[0] == 200  # a proxy that compresses weakens tags
    status, problem, _ = save(admin, TEXT + "# mine", tag)
    assert (status, problem["code"]) == (412, "outdated")
    assert "revision 2 of 管理员 is in force by now" in problem["detail"]
    assert admin.post(API, json={"text": TEXT + "#", "reason": "x"}).status_code == 422  # without If-Match
    with db.read(seeded) as conn:
        assert in_force(conn, None).number == 2


@pytest.mark.parametrize(
    ("text", "line", "fix"),
    [
        ("root:\n  name: a\n  level: 3\n", 3, "did you mean `levels`?"),
        ("root:\n  name: a\n  levels: [{by: [fax]}]\n", 3, "known are group, sms"),
    ],
)
def test_a_wrong_text_is_refused_with_line_key_and_fix(admin: TestClient, text: str, line: int, fix: str) -> None:
    mistake = admin.post(f"{API}/check", json={"text": text}).json()["mistake"]
    assert (mistake["line"], fix in mistake["problem"]) == (line, True)
    status, problem, _ = save(admin, text, admin.get(API).headers["ETag"])
    assert (status, f"line {line}: " in problem["detail"]) == (422, True)
    assert admin.get(API).json()["number"] == 0


def test_a_draft_is_shown_as_a_table_with_what_is_wrong(admin: TestClient) -> None:
    judged = admin.post(f"{API}/check", json={"text": TEXT}).json()["judged"]
    assert [(row["route"], row["lands"]) for row in judged["rows"]] == [
        ("school/life", ["critical"]),
        ("school", ["info", "warning", "major"]),
    ]
    assert judged["gaps"] == []
    now = admin.get(f"{API}/table").json()
    assert [(one["kind"], one["severities"]) for one in now["gaps"]] == [("nobody", ["info"])]


@pytest.fixture
def foresee(admin: TestClient) -> Callable[..., list[dict]]:  # type: ignore[type-arg]
    def ask(text: str = TEXT, **more: str) -> list[dict]:  # type: ignore[type-arg]
        answer = admin.post(f"{API}/trial", json={"text": text, "alarm": ALARM | more})
        assert answer.status_code == 200, answer.text
        steps: list[dict] = answer.json()["steps"]  # type: ignore[type-arg]
        return steps

    return ask


def test_what_would_happen_is_told_step_by_step_before_it_is_saved(
    foresee: Callable[..., list[dict]],  # type: ignore[type-arg]
    seeded: sa.Engine,
) -> None:
    steps = foresee()
    assert [(one["after_s"], one["action"], one["channels"]) for one in steps] == [
        (0, "raise", ["group"]),
        (60, "remind", ["group"]),
        (120, "escalate", ["sms"]),
    ]
    assert [(one["name"], one["why"]) for one in steps[0]["people"]] == [("王建国", "nobody_on_duty")]
    assert [(one["who"], one["why"]) for one in steps[2]["people"]] == [("facility", "role")]
    with db.write(seeded) as conn:
        guard = conn.execute(sa.text("SELECT id FROM accounts WHERE login = 'guard'")).scalar_one()
        duty.plan_shift(conn, SCHOOL, guard, NOW, NOW + timedelta(hours=8))
    assert [one["why"] for one in foresee()[0]["people"]] == ["on_post"]
    assert foresee(severity="warning")[0]["route"] == "school"


def test_the_class_teacher_of_the_class_is_named_by_the_roster(
    foresee: Callable[..., list[dict]],  # type: ignore[type-arg]
) -> None:
    text = "root: {name: a, levels: [{to: [class_teacher], by: [group]}]}"
    people = foresee(text, class_id=console_seed.OWN_CLASS)[0]["people"]
    assert [(one["who"], one["why"]) for one in people] == [("class_teacher", "class_teacher")]
    assert not people[0]["name"].startswith("t-")


def test_a_moment_without_a_zone_or_far_away_is_refused(admin: TestClient) -> None:
    for at in ("2026-09-07T10:00:00", "9999-12-31T23:59:59Z"):
        said = {"text": TEXT, "alarm": ALARM | {"at": at}}
        assert admin.post(f"{API}/trial", json=said).status_code == 422


def test_a_file_speaks_until_the_first_revision_and_its_mistake_is_told(deps: Deps, tmp_path: Path) -> None:
    file = tmp_path / "routes.yaml"
    file.write_text("root:\n  name: a\n  level: 3\n", encoding="utf-8")
    client = TestClient(create_app(msgspec.structs.replace(deps, routes=file)), base_url=BASE, headers={"Origin": BASE})
    client.post("/sign-in", data={"login": "admin", "password": console_seed.PASSWORD})
    desk = client.get(API).json()
    assert (desk["origin"], desk["mistake"]["line"]) == ("file", 3)
    assert client.get("/routes").status_code == 200
    file.unlink()
    assert client.get(API).json()["mistake"]["problem"].startswith("cannot be read")
    assert save(client, EVERYONE_TEXT, client.get(API).headers["ETag"])[1]["number"] == 1
