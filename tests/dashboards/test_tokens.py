"""Tokens of programs: what they open, for how long, in which classes, and who sees that they were used."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from console_seed import FOREIGN_CLASS, OWN_CLASS, SCHOOL
from fastapi import FastAPI
from fastapi.testclient import TestClient
from test_access_matrix import TABLE, ask

from alerts.tables import alarms
from campus import db
from campus.clock import VirtualClock
from campus.errors import Conflict
from dashboards.access import audit, tokens
from dashboards.access.accounts import RefusedAccount
from dashboards.access.roles import EVERY_RIGHT, Right
from dashboards.access.tokens import CLASS_SCOPES, SCOPES
from dashboards.tables import api_tokens
from tests.dashboards.conftest import BASE, SignIn

API = "/api/v1"


@pytest.fixture
def program(app: FastAPI) -> Iterator[TestClient]:
    """A client without a cookie and without an origin: a program, not a browser."""
    with TestClient(app, base_url=BASE, follow_redirects=False) as client:
        yield client


def made(engine: sa.Engine, clock: VirtualClock, *scopes: Right, classes: tuple[str, ...] = ()) -> tuple[str, str]:
    with db.write(engine) as conn:
        return tokens.make(conn, SCHOOL, "city", scopes, classes, clock.now(), 30)


def show(client: TestClient, token: str) -> TestClient:
    client.headers["Authorization"] = f"Bearer {token}"
    return client


def test_a_token_opens_its_scopes_on_every_route_and_no_page(
    program: TestClient, seeded: sa.Engine, noon: VirtualClock
) -> None:
    scopes: tuple[Right, ...] = ("devices.read", "alarms.read")
    _, token = made(seeded, noon, *scopes)
    show(program, token)
    wrong = []
    for (method, path), takes in TABLE.items():
        known = dict.fromkeys(re.findall(r"{(\w+)", path), "none")
        status = ask(program, method, path, known)
        opens = takes == "anyone" or (path.startswith(API) and (takes == "person" or takes in scopes))
        if (status in {303, 401, 403}) == opens and takes != "anyone":
            wrong.append((method, path, status))
    assert wrong == []


def test_a_token_for_a_class_opens_that_class_and_no_other(
    program: TestClient, seeded: sa.Engine, noon: VirtualClock
) -> None:
    token_id, token = made(seeded, noon, "roll.read", classes=(OWN_CLASS,))
    show(program, token)
    assert [one["id"] for one in program.get(f"{API}/classes").json()] == [OWN_CLASS]
    assert program.get(f"{API}/classes/{OWN_CLASS}/roll").status_code == 200
    assert program.get(f"{API}/classes/{FOREIGN_CLASS}/roll").status_code == 404
    with seeded.connect() as conn:  # the look is in the school's log, under the program's name
        looked = [(one.login, one.role, one.action) for one in audit.recent(conn, SCHOOL)]
        stored = conn.execute(sa.select(api_tokens).where(api_tokens.c.account == token_id)).one()
    assert ("city", "integrator", "roll.view") in looked
    assert stored.last_used_at == noon.now()
    assert token not in str(tuple(stored))


def test_a_token_ends_when_it_expires_or_is_revoked(program: TestClient, seeded: sa.Engine, noon: VirtualClock) -> None:
    token_id, token = made(seeded, noon, "devices.read")
    show(program, token)
    assert program.get(f"{API}/devices").status_code == 200
    with db.write(seeded) as conn:
        tokens.revoke(conn, SCHOOL, token_id, noon.now())
    refused = program.get(f"{API}/devices")
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    _, second = made(seeded, noon, "devices.read")
    show(program, second)
    assert program.get(f"{API}/devices").status_code == 200
    noon.advance(timedelta(days=30))
    assert program.get(f"{API}/devices").status_code == 401


def test_a_wrong_token_is_not_mended_by_a_good_cookie(sign_in: SignIn) -> None:
    client = show(sign_in("admin"), "campus_wrong")
    assert client.get(f"{API}/platform").status_code == 401


def test_a_token_of_another_school_opens_nothing(program: TestClient, seeded: sa.Engine, noon: VirtualClock) -> None:
    with db.write(seeded) as conn:
        _, token = tokens.make(conn, "school-2", "city", ["devices.read"], (), noon.now(), 30)
        assert tokens.all_tokens(conn, SCHOOL) == []
    assert show(program, token).get(f"{API}/devices").status_code == 401


@pytest.mark.parametrize(
    ("scopes", "classes", "days"),
    [
        ([], (), 30),
        (["accounts.manage"], (), 30),
        (["roll.read"], (), 30),
        (["roll.read", "alarms.read"], ("c-1",), 30),
        (["devices.read"], (), 400),
        (["roll.read"], ("c 1",), 30),
    ],
)
def test_a_token_that_opens_too_much_is_refused(
    scopes: list[Right], classes: tuple[str, ...], days: int, seeded: sa.Engine, noon: VirtualClock
) -> None:
    with db.write(seeded) as conn, pytest.raises(RefusedAccount):
        tokens.make(conn, SCHOOL, "city", scopes, classes, noon.now(), days)


def test_scopes_are_rights_and_two_tokens_in_use_have_two_names(seeded: sa.Engine, noon: VirtualClock) -> None:
    assert CLASS_SCOPES < SCOPES < set(EVERY_RIGHT)
    made(seeded, noon, "devices.read")
    with pytest.raises(Conflict):
        made(seeded, noon, "devices.read")


def test_an_administrator_makes_sees_and_revokes_a_token_and_all_of_it_is_logged(
    sign_in: SignIn, program: TestClient
) -> None:
    admin = sign_in("admin")
    said = {"name": "city", "scopes": ["devices.read"], "days": 7}
    given = admin.post(f"{API}/tokens", json=said).json()
    assert given["tokens"][0]["made_by"] == "admin"
    assert given["token"] not in admin.get(f"{API}/tokens").text
    assert show(program, given["token"]).get(f"{API}/me").json()["rights"] == ["devices.read"]
    accounts = admin.get(f"{API}/platform").json()["accounts"]
    assert given["tokens"][0]["id"] not in {one["id"] for one in accounts}  # a program is no person to sign in
    after = admin.post(f"{API}/tokens/{given['tokens'][0]['id']}/revoke").json()
    assert after[0]["revoked_at"] is not None
    assert program.get(f"{API}/me").status_code == 401
    log = admin.get(f"{API}/access-log", params={"login": "admin"}).json()
    assert [one["action"] for one in log] == ["token.revoke", "token.make", "sign_in.password"]


def test_a_token_writes_without_an_origin_and_is_named_as_who_did(
    program: TestClient, seeded: sa.Engine, noon: VirtualClock
) -> None:
    _, token = made(seeded, noon, "alarms.read", "alarms.act")
    with seeded.connect() as conn:
        open_one = conn.execute(sa.select(alarms.c.id).where(alarms.c.state == "unacknowledged")).scalars().first()
    assert open_one is not None
    answer = show(program, token).post(f"{API}/alarms/{open_one}/acknowledge")
    assert answer.status_code == 200, answer.text
    assert "city" in answer.text
