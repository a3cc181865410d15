"""Pages of long lists, conditional reads and rate limits of the interface."""

from datetime import timedelta
from urllib.parse import quote

import msgspec
import pytest
import sqlalchemy as sa
from console_seed import SCHOOL
from fastapi.testclient import TestClient

from campus import db
from campus.clock import VirtualClock
from campus.settings import Dashboards
from dashboards.access import audit
from dashboards.access.accounts import all_accounts
from dashboards.access.rates import Buckets
from dashboards.app import create_app
from dashboards.deps import Deps
from tests.dashboards.conftest import BASE, SignIn

API = "/api/v1"


def pages(client: TestClient, path: str, key: str = "id") -> list[list[str]]:
    found = []
    while path:
        answer = client.get(path)
        assert answer.status_code == 200, answer.text
        found.append([row[key] for row in answer.json()])
        path = answer.links["next"]["url"] if "next" in answer.links else ""
    return found


def test_the_history_of_alarms_is_paged_without_loss_also_within_one_moment(sign_in: SignIn, seeded: sa.Engine) -> None:
    with db.write(seeded) as conn:  # a power cut: every alarm at once
        conn.exec_driver_sql("UPDATE alarms SET raised_at = (SELECT max(raised_at) FROM alarms)")
    guard = sign_in("guard")
    whole = pages(guard, f"{API}/alarms/history?limit=200")
    small = pages(guard, f"{API}/alarms/history?limit=2")
    assert len(whole) == 1
    assert len(small) > 1
    assert [one for page in small for one in page] == whole[0]


def test_what_comes_in_between_shifts_no_page_of_the_access_log(
    sign_in: SignIn, seeded: sa.Engine, noon: VirtualClock
) -> None:
    def look(*names: str) -> None:
        with db.write(seeded) as conn:
            teacher = next(one for one in all_accounts(conn, SCHOOL) if one.login == "teacher")
            for name in names:
                audit.record(conn, noon.now(), teacher, "student.view", name)

    admin = sign_in("admin")
    look("s-1", "s-2", "s-12", "s-3")
    first = admin.get(f"{API}/access-log?limit=2")
    look("s-4", "s-5")
    second = admin.get(first.links["next"]["url"])
    assert [row["subject"] for row in (*first.json(), *second.json())] == ["s-3", "s-12", "s-2", "s-1"]
    assert [row["subject"] for row in admin.get(f"{API}/access-log?subject=s-1").json()] == ["s-1"]
    assert admin.get(f"{API}/access-log?subject=%25").json() == []
    later = quote((noon.now() + timedelta(minutes=1)).isoformat())
    assert admin.get(f"{API}/access-log?since={later}").json() == []
    table = admin.get(f"{API}/access-log/table.csv?login=teacher&action=student.view").text
    assert table.count("student.view") == 6
    assert admin.get(f"{API}/access-log?limit=1").json()[0]["action"] == "log.export"


@pytest.mark.parametrize("cursor", ["x", "====", "bm9uZQ", "eyJpZCI6ImEifQ", "é"])
@pytest.mark.parametrize("path", ["/access-log", "/tokens"])
def test_a_made_up_cursor_is_refused(cursor: str, path: str, sign_in: SignIn) -> None:
    answer = sign_in("admin").get(f"{API}{path}", params={"cursor": cursor})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


def test_who_has_the_answer_already_gets_304_without_it(sign_in: SignIn) -> None:
    client = sign_in("guard")
    first = client.get(f"{API}/alarms")
    again = client.get(f"{API}/alarms", headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert "content-length" not in again.headers
    assert client.get(f"{API}/alarms", headers={"If-None-Match": '"other"'}).json() == first.json()
    assert "etag" not in client.get("/console").headers


def test_a_bucket_gives_a_minutes_worth_and_fills_evenly() -> None:
    buckets = Buckets(60, most=2)
    assert [buckets.take("a", 0.0).allowed for _ in range(61)] == [True] * 60 + [False]
    assert buckets.take("a", 0.5).wait_s == 1
    assert buckets.take("b", 0.5).left == 59
    assert [buckets.take("a", 2.5).allowed for _ in range(3)] == [True, True, False]
    assert buckets.take("c", 2.5).allowed
    assert buckets.take("b", 2.5).left == 59  # forgotten as the longest unused, and full again


def test_who_asks_too_often_is_told_when_to_come_back_and_others_are_not_held_up(
    deps: Deps, noon: VirtualClock
) -> None:
    app = create_app(msgspec.structs.replace(deps, dashboards=Dashboards(base_url=BASE, api_per_minute=10)))
    with TestClient(app, base_url=BASE) as client:
        answers = [client.get(f"{API}/me", headers={"Authorization": "Bearer campus_x"}) for _ in range(11)]
        assert [one.status_code for one in answers] == [401] * 10 + [429]
        assert answers[0].headers["ratelimit-remaining"] == "9"
        assert answers[-1].headers["retry-after"] == "6"
        assert answers[-1].json()["code"] == "too_many_requests"
        assert "content-security-policy" in answers[-1].headers
        assert client.get(f"{API}/me", headers={"Authorization": "Bearer campus_y"}).status_code == 401
        assert client.get("/sign-in").status_code == 200  # pages are not counted
        noon.advance(timedelta(seconds=6))
        assert client.get(f"{API}/me", headers={"Authorization": "Bearer campus_x"}).status_code == 401
        made_up = [client.get(f"{API}/me", headers={"Authorization": f"Bearer {n}"}).status_code for n in range(100)]
        assert made_up.count(429) > 0  # another token each time does not help: the address is one


@pytest.mark.parametrize(
    ("login", "path", "first", "second"),
    [
        ("admin", "/accounts/{account}", {"name": "Guo"}, {"name": "Luo"}),
        ("facility", "/devices/gate-1/asset", {"serial": "SN-1"}, {"serial": "SN-2"}),
    ],
)
def test_who_edits_what_somebody_else_has_changed_meanwhile_is_told_and_changes_nothing(
    login: str, path: str, first: dict[str, str], second: dict[str, str], sign_in: SignIn, seeded: sa.Engine
) -> None:
    with db.read(seeded) as conn:
        guard = next(one.id for one in all_accounts(conn, SCHOOL) if one.login == "guard")
    client, path = sign_in(login), API + path.format(account=guard)
    seen = client.get(path).headers["ETag"]
    assert client.patch(path, json=first, headers={"If-Match": f"W/{seen}"}).status_code == 200  # as a proxy weakens it
    refused = client.patch(path, json=second, headers={"If-Match": seen})
    assert (refused.status_code, refused.json()["code"]) == (412, "outdated")
    assert "read it again" in refused.json()["detail"]
    now = client.get(path)
    assert next(iter(second.values())) not in now.text
    assert next(iter(first.values())) in now.text
    assert client.patch(path, json=second, headers={"If-Match": now.headers["ETag"]}).status_code == 200
    assert client.patch(path, json=first).status_code == 200  # a program that does not mind names no tag


def test_the_answer_of_an_edit_can_be_edited_again(sign_in: SignIn) -> None:
    client, path = sign_in("facility"), f"{API}/devices/gate-1/asset"
    tag = client.patch(path, json={"serial": "SN-1"}).headers["ETag"]
    assert client.get(path).headers["ETag"] == tag
    assert client.patch(path, json={"serial": "SN-2"}, headers={"If-Match": tag}).status_code == 200
