"""Who is told: shifts planned and cancelled, the page with channels, mutes and messages."""

from datetime import timedelta

import sqlalchemy as sa

from alerts.life import mutes
from alerts.telling.duty import on_post
from campus import db
from tests.dashboards.conftest import SignIn
from tests.dashboards.console_seed import NOW, SCHOOL


def test_a_shift_is_entered_runs_and_is_taken_out(sign_in: SignIn, seeded: sa.Engine) -> None:
    admin = sign_in("admin")
    who = next(one for one in admin.get("/api/v1/shifts").json()["guards"] if one["name"] == "王建国")
    said = {"account": who["id"], "starts": NOW.isoformat(), "ends": (NOW + timedelta(hours=8)).isoformat()}
    plan = admin.post("/api/v1/shifts", json=said).json()
    assert [(one["who"], one["now"]) for one in plan["shifts"]] == [("王建国", True)]
    with db.read(seeded) as conn:
        assert on_post(conn, SCHOOL, None, NOW) == [who["id"]]
    assert admin.post(f"/api/v1/shifts/{plan['shifts'][0]['id']}/cancel").json()["shifts"] == []
    assert admin.post("/api/v1/shifts", json=said | {"account": "nobody"}).status_code == 409
    assert admin.post("/api/v1/shifts", json=said | {"starts": "2026-09-07T08:00:00"}).status_code == 409


def test_the_page_says_what_is_set_aside_by_whom_and_until_when(sign_in: SignIn, seeded: sa.Engine) -> None:
    admin = sign_in("admin")
    with db.write(seeded) as conn:
        mutes.begin(conn, SCHOOL, "maintenance", "new lens", "x", NOW, device="cam-6", until=NOW + timedelta(hours=1))
    page = admin.get("/telling")
    assert page.status_code == 200
    assert '"about":"cam-6"' in page.text
    assert '"reason":"new lens"' in page.text
