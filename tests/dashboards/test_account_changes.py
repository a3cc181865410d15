"""An administrator changes accounts: each change is a row with old and new, and the last administrator stays one."""

from typing import Any

import pytest
import sqlalchemy as sa
from console_seed import PASSWORD, SCHOOL
from fastapi import FastAPI
from fastapi.testclient import TestClient

from campus import db
from campus.clock import VirtualClock
from dashboards.access.accounts import create_account
from tests.dashboards.conftest import BASE, SignIn

API = "/api/v1"


def id_of(admin: TestClient, login: str) -> str:
    return str(next(one["id"] for one in admin.get(f"{API}/platform").json()["accounts"] if one["login"] == login))


def card(admin: TestClient, login: str) -> Any:
    return admin.get(f"{API}/accounts/{id_of(admin, login)}").json()


def change(admin: TestClient, login: str, **wanted: Any) -> int:
    return admin.patch(f"{API}/accounts/{id_of(admin, login)}", json=wanted).status_code


def changes(admin: TestClient, login: str) -> list[tuple[str, str, str, str]]:
    return [(one["field"], one["old"], one["new"], one["by"]) for one in card(admin, login)["changes"]]


def test_role_name_and_class_are_changed_at_once_and_each_is_a_row(sign_in: SignIn) -> None:
    admin, guard = sign_in("admin"), sign_in("guard")
    teacher = admin.get(f"{API}/teachers").json()[0]["id"]
    assert change(admin, "guard", name="王老师", role="teacher", teacher=teacher) == 200
    assert guard.get("/console").status_code == 403  # the session goes on with the new rights
    assert changes(admin, "guard") == [
        ("teacher", "", teacher, "admin"),
        ("role", "guard", "teacher", "admin"),
        ("name", "王建国", "王老师", "admin"),
    ]
    assert change(admin, "guard", role="guard") == 200
    assert card(admin, "guard")["teacher"] == ""  # what belonged to the role went with it
    log = admin.get(f"{API}/access-log", params={"action": "account.change"}).json()
    assert {one["subject"].split()[1] for one in log} == {"name", "role", "teacher"}
    assert "王" not in str(log)


@pytest.mark.parametrize(
    "wanted",
    [{"role": "teacher"}, {"role": "king"}, {"name": ""}, {"district": "nowhere"}, {"password": "x"}],
    ids=lambda wanted: next(iter(wanted)) + "=" + str(next(iter(wanted.values()))),
)
def test_what_cannot_be_is_refused_and_nothing_changes(sign_in: SignIn, wanted: dict[str, str]) -> None:
    admin = sign_in("admin")
    assert change(admin, "guard", **wanted) == 422
    assert changes(admin, "guard") == []


def test_the_last_administrator_stays_one(sign_in: SignIn, seeded: sa.Engine, noon: VirtualClock) -> None:
    admin = sign_in("admin")
    assert change(admin, "admin", role="guard") == 409
    assert change(admin, "admin", disabled=True) == 409
    with db.write(seeded) as conn:
        create_account(conn, SCHOOL, "second", "副管理员", "admin", PASSWORD, noon.now())
    second = sign_in("second")
    assert change(second, "admin", disabled=True) == 200
    assert change(second, "second", role="guard") == 409  # the other one may not sign in
    assert change(second, "admin", disabled=False) == 200
    assert change(second, "second", role="guard") == 200
    assert second.get("/admin").status_code == 403


def test_sessions_are_seen_and_ended_one_by_one(sign_in: SignIn) -> None:
    admin, here, there = sign_in("admin"), sign_in("guard"), sign_in("guard")
    open_ones = card(admin, "guard")["sessions"]
    assert len(open_ones) == 2
    path = f"{API}/accounts/{id_of(admin, 'guard')}/sessions"
    after = admin.post(f"{path}/{open_ones[0]['id']}/end").json()
    assert [one["id"] for one in after["sessions"]] == [open_ones[1]["id"]]
    assert sorted(one.get("/console").status_code for one in (here, there)) == [200, 303]
    assert admin.post(f"{path}/{open_ones[0]['id']}/end").status_code == 404
    foreign = f"{API}/accounts/{id_of(admin, 'teacher')}/sessions/{open_ones[1]['id']}/end"
    assert admin.post(foreign).status_code == 404
    assert changes(admin, "guard")[0] == ("sessions", open_ones[0]["id"], "", "admin")


def test_a_lost_second_factor_is_taken_away_and_the_password_stays(
    sign_in: SignIn, app: FastAPI, seeded: sa.Engine
) -> None:
    admin = sign_in("admin")
    with db.write(seeded) as conn:
        conn.execute(sa.text("UPDATE accounts SET totp_secret = 'JBSWY3DPEHPK3PXP' WHERE login = 'guard'"))
    assert card(admin, "guard")["second_factor"]
    after = admin.post(f"{API}/accounts/{id_of(admin, 'guard')}/second-factor/remove").json()
    assert (after["second_factor"], after["changes"][0]["field"]) == (False, "second_factor")
    client = TestClient(app, base_url=BASE, headers={"Origin": BASE}, follow_redirects=False)
    entered = client.post("/sign-in", data={"login": "guard", "password": PASSWORD})
    assert entered.headers["location"] == "/"
