"""Who sees which school of the city: pages, interface and stream, for the city, one district and one school."""

import pytest
import sqlalchemy as sa
from city_seed import import_city, two_districts
from console_seed import PASSWORD, SCHOOL
from starlette.testclient import TestClient
from test_live_stream import LIVE, closing_code, hear, newest

from campus import changes, db
from campus.clock import VirtualClock
from dashboards.access.accounts import RefusedAccount, create_account
from dashboards.city import store
from dashboards.deps import Deps
from dashboards.standing import NOT_YOURS
from tests.dashboards.conftest import BASE, SignIn

API = "/api/v1"
# Which schools each account is let in to; "" asks for none and means the own one.
SCOPES = {
    "bureau": {"", SCHOOL, "w-2", "e-1"},
    "west": {"", SCHOOL, "w-2"},
    "east": {"e-1"},
    "head": {"", SCHOOL},
    "office": {"", SCHOOL},
}


@pytest.fixture
def city(seeded: sa.Engine, noon: VirtualClock) -> None:
    """Two districts, and an account of the bureau for each."""
    import_city(seeded, noon.now())
    with db.write(seeded) as conn:
        for district in ("west", "east"):
            create_account(conn, SCHOOL, district, district, "bureau", PASSWORD, noon.now(), district=district)


@pytest.mark.usefixtures("city")
@pytest.mark.parametrize("login", SCOPES)
def test_an_account_opens_the_schools_of_its_scope_and_no_other(login: str, sign_in: SignIn) -> None:
    client = sign_in(login)
    for path in (f"{API}/overview", "/overview"):
        told = {
            school
            for school in ("", SCHOOL, "w-2", "e-1", "nowhere")
            if client.get(path, params={"school": school} if school else {}).status_code == 200
        }
        # The page of an account of the bureau begins with its city, whatever its console's own school is.
        assert told == SCOPES[login] | ({""} if path == "/overview" else set()), path
    report = client.get(f"{API}/attendance-report?form=csv").status_code
    assert report == (200 if "" in SCOPES[login] else 404)


def follow(client: TestClient, school: str, after: int):  # type: ignore[no-untyped-def]
    address = f"{LIVE}?page=overview&after={after}&school={school}"
    return client.websocket_connect(address, headers={"Origin": BASE})


@pytest.mark.usefixtures("city")
def test_the_stream_tells_of_a_school_in_scope_without_its_row_and_of_no_other(
    sign_in: SignIn, deps: Deps, noon: VirtualClock
) -> None:
    east = sign_in("east")
    for school in ("", "w-2", "nowhere"):
        with follow(east, school, newest(deps)) as socket:
            assert closing_code(socket) == NOT_YOURS
    with follow(east, "e-1", newest(deps)) as socket:
        with db.write(deps.engine) as conn:
            for school in ("w-2", "e-1"):
                changes.append(conn, noon.now(), school, "alarm", f"of-{school}")
            last = changes.last_id(conn)
        message = hear(socket, "alarm")
    assert message["id"] == last
    assert "row" not in message
    assert "key" not in message


@pytest.mark.usefixtures("city")
def test_only_the_bureau_is_limited_to_a_district_that_exists(seeded: sa.Engine, sign_in: SignIn) -> None:
    admin = sign_in("admin")
    person = {"login": "li", "name": "李", "role": "bureau", "district": "east"}
    made = admin.post(f"{API}/accounts", json=person)
    assert made.status_code == 200
    assert {one["login"]: one["district"] for one in made.json()["platform"]["accounts"]}["li"] == "east"
    assert admin.post(f"{API}/accounts", json=person | {"login": "lu", "role": "head"}).status_code == 422
    wrong = admin.post(f"{API}/accounts", json=person | {"login": "lu", "district": "north"})
    assert "there is no district 'north': choose one of west, east" in wrong.json()["detail"]
    assert 'value="east"' in admin.get("/admin").text


def test_without_a_city_nobody_is_limited_to_a_district(engine: sa.Engine, clock: VirtualClock) -> None:
    with db.write(engine) as conn, pytest.raises(RefusedAccount, match="campus city import FILE"):
        create_account(conn, "s", "li", "李", "bureau", PASSWORD, clock.now(), district="east")


def test_the_administrator_looks_at_a_map_first_and_then_takes_it(sign_in: SignIn, seeded: sa.Engine) -> None:
    admin = sign_in("admin")
    looked = admin.post(f"{API}/city/map", content=two_districts())
    assert looked.json()["new_districts"] == ["east", "west"]
    with seeded.connect() as conn:
        assert not store.has_city(conn)
    assert admin.post(f"{API}/city/map?dry_run=false", content=two_districts()).json()["schools"] == 6
    with seeded.connect() as conn:
        assert store.has_city(conn)
    wrong = admin.post(f"{API}/city/map", content=b'{"type":"FeatureCollection","features":[{"type":"Thing"}]}')
    assert (wrong.status_code, "feature 1" in wrong.json()["detail"]) == (422, True)
