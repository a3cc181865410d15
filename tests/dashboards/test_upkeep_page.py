"""The maintenance page and its interface: a ticket from a device, from an alarm and from a check, with a photo."""

import io
from typing import Any

import pytest
import sqlalchemy as sa
from console_seed import SCHOOL
from fastapi.testclient import TestClient
from PIL import Image

from alerts.tables import alarms
from campus.errors import Unavailable
from dashboards.deps import Deps
from tests.dashboards.conftest import SignIn

API = "/api/v1/upkeep"


def opened(client: TestClient, **said: object) -> dict[str, Any]:
    answer = client.post(f"{API}/tickets", json={"title": "闸机不开", "device": "gate-1", **said})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (80, 60)).save(file, "JPEG", comment=b"where")
    return file.getvalue()


def test_a_photo_that_stands_on_no_ticket_is_not_kept(
    sign_in: SignIn, deps: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise Unavailable("the database", "it is full")

    facility = sign_in("facility")
    id_ = opened(facility)["line"]["ticket"]["id"]
    monkeypatch.setattr("devices.upkeep.tickets.comment", fail)
    assert facility.post(f"{API}/tickets/{id_}/photos", content=picture()).status_code == 503
    folder = deps.dashboards.files
    assert not folder.exists() or list(folder.iterdir()) == []


def test_a_guard_opens_a_ticket_and_the_facility_manager_sees_it_through(sign_in: SignIn, deps: Deps) -> None:
    guard, facility = sign_in("guard"), sign_in("facility")
    id_ = opened(guard, severity="urgent")["line"]["ticket"]["id"]
    view = facility.get(API).json()
    assert view["tickets"][0]["ticket"]["id"] == id_
    me = view["me"]
    assert {one["id"] for one in view["people"]} >= {me}
    given = facility.post(f"{API}/tickets/{id_}/act/assign", json={"assignee": me}).json()
    assert given["line"]["ticket"]["state"] == "assigned"
    assert facility.post(f"{API}/tickets/{id_}/act/assign", json={"assignee": "nobody"}).status_code == 409
    told = facility.post(f"{API}/tickets/{id_}/photos?text=电机", content=picture()).json()
    comment = told["comments"][0]
    got = guard.get(f"{API}/tickets/{id_}/photos/{comment['id']}")
    assert got.headers["Content-Type"] == "image/jpeg"
    assert b"where" not in got.content
    assert facility.post(f"{API}/tickets/{id_}/photos", content=b"<script>").status_code == 409
    done = facility.post(f"{API}/tickets/{id_}/act/done", json={"outcome": "repaired"}).json()
    assert done["line"]["acts"] == ["verify", "redo"]
    assert facility.post(f"{API}/tickets/{id_}/act/assign", json={"assignee": me}).status_code == 409
    guard.post(f"{API}/tickets/{id_}/act/verify", json={})
    assert facility.get(API).json()["past"][0]["ticket"]["state"] == "verified"
    assert len(list(deps.dashboards.files.iterdir())) == 1
    assert facility.get(f"{API}/devices/gate-1/tickets").json()[0]["ticket"]["id"] == id_


def test_a_ticket_takes_what_it_says_from_its_alarm_and_never_a_students(sign_in: SignIn, seeded: sa.Engine) -> None:
    with seeded.connect() as conn:
        rows = conn.execute(sa.select(alarms).where(alarms.c.school == SCHOOL)).all()
    of_device = next(row for row in rows if row.device and not row.class_id)
    made = sign_in("guard").post(f"{API}/tickets", json={"alarm": of_device.id}).json()["line"]["ticket"]
    assert (made["title"], made["device"]) == (of_device.title_zh, of_device.device)
    assert (
        made["severity"]
        == {"critical": "urgent", "major": "high", "warning": "normal", "info": "low"}[of_device.severity]
    )
    assert sign_in("guard").post(f"{API}/tickets", json={"alarm": of_device.id}).status_code == 409
    for row in rows:
        if row.class_id and row.subject != row.device:
            assert sign_in("facility").post(f"{API}/tickets", json={"alarm": row.id}).status_code == 404
    assert sign_in("guard").post(f"{API}/tickets", json={}).status_code == 409


def test_a_check_that_is_not_passed_opens_a_ticket(sign_in: SignIn) -> None:
    facility = sign_in("facility")
    plan = {"title": "闸机月检", "every": 1, "unit": "month", "first_due": "2026-09-01", "kind": "gate"}
    view = facility.post(f"{API}/checks", json=plan).json()
    line = view["checks"][0]
    assert line["days"] < 0  # overdue
    assert line["devices"] > 0
    view = facility.post(f"{API}/checks/{line['check']['id']}/done", json={"passed": False, "note": "皮带松"}).json()
    assert view["checks"][0]["days"] > 0
    assert view["tickets"][0]["ticket"]["title"] == "皮带松"
    assert view["checks"][0]["runs"][0]["ticket"] == view["tickets"][0]["ticket"]["id"]


def test_parts_below_their_minimum_stand_in_front(sign_in: SignIn) -> None:
    facility = sign_in("facility")
    facility.post(f"{API}/parts", json={"name": "电源", "stock": 5, "minimum": 1})
    view = facility.post(f"{API}/parts", json={"name": "镜头", "stock": 2, "minimum": 2}).json()
    lens = next(one for one in view["parts"] if one["name"] == "镜头")
    view = facility.post(f"{API}/parts/{lens['id']}/move", json={"change": -1}).json()
    assert view["parts"][0]["name"] == "镜头"
    assert facility.post(f"{API}/parts/{lens['id']}/move", json={"change": -5}).status_code == 409


def test_the_page_is_there_for_those_who_look_after_devices(sign_in: SignIn) -> None:
    page = sign_in("facility").get("/maintenance")
    assert page.status_code == 200
    assert 'id="new-check"' in page.text
    assert 'id="new-check"' not in sign_in("guard").get("/maintenance").text
