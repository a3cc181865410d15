"""Single sign-on against a provider that runs: the good path, and every way in that must stay shut."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, get_args
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
import sqlalchemy as sa
from console_seed import PASSWORD, SCHOOL
from fastapi.testclient import TestClient
from joserfc.jwk import RSAKey
from oidc_provider import CLIENT, SECRET, OidcProvider

from campus.clock import VirtualClock
from campus.errors import SettingsError
from campus.settings import Settings
from campus.settings.sign_on import SignOn
from cli.commands.doctor import examine
from dashboards.access import account_changes, audit, sign_on
from dashboards.access.account_changes import forget_changes
from dashboards.access.accounts import create_account
from dashboards.access.claims import Known, Unfit, read
from dashboards.access.sign_on import forget_waiting
from dashboards.app import create_app
from dashboards.city.tables import city_districts
from dashboards.deps import Deps
from dashboards.pages.sign_on import Why
from dashboards.tables import accounts
from dashboards.texts.catalogue import say
from tests.dashboards.conftest import BASE

API = "/api/v1"
PERSON = {"sub": "u-1", "name": "刘芳", "preferred_username": "liufang"}


@pytest.fixture
def provider(noon: VirtualClock) -> Iterator[OidcProvider]:
    running = OidcProvider(noon)
    yield running
    running.close()


def settings_of(provider: OidcProvider, **more: Any) -> SignOn:
    return SignOn(issuer=provider.issuer, client_id=CLIENT, client_secret=SECRET, **more)


def browser(deps: Deps, provider: OidcProvider, **more: Any) -> TestClient:
    app = create_app(msgspec.structs.replace(deps, sign_on=settings_of(provider, **more)))
    return TestClient(app, base_url=BASE, headers={"Origin": BASE}, follow_redirects=False)


def go(client: TestClient, to: str = "/") -> str:
    """The address of the provider that the button leads to."""
    answer = client.get("/sign-in/sso", params={"next": to})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def back(client: TestClient, address: str, code: str, **instead: str) -> Any:
    state = parse_qs(urlsplit(address).query)["state"][0]
    return client.get("/sign-in/sso/callback", params={"code": code, "state": state, **instead})


def enter(client: TestClient, provider: OidcProvider, to: str = "/", **claims: Any) -> Any:
    address = go(client, to)
    return back(client, address, provider.approve(address, **{**PERSON, **claims}))


def why(answer: Any) -> str:
    """Which of the error pages an answer is."""
    title = re.search(r"<h1>(.+)</h1>", answer.text)
    return next((name for name in get_args(Why) if title and say("zh", f"error.sso_{name}") == title[1]), answer.text)


def give(deps: Deps, provider: OidcProvider, login: str, **more: Any) -> None:
    """An administrator gives whoever waits the account with this login."""
    admin = browser(deps, provider, **more)
    admin.post("/sign-in", data={"login": "admin", "password": PASSWORD})
    account = next(one for one in admin.get(f"{API}/platform").json()["accounts"] if one["login"] == login)
    waiting = next(one for one in admin.get(f"{API}/sign-on/people").json() if one["account"] is None)
    linked = admin.post(f"{API}/sign-on/people/{waiting['id']}", json={"account": account["id"]})
    assert linked.status_code == 200, linked.text


def test_an_unknown_person_waits_until_an_administrator_gives_an_account(deps: Deps, provider: OidcProvider) -> None:
    client = browser(deps, provider)
    assert "统一身份认证登录" in client.get("/sign-in").text
    refused = enter(client, provider)
    assert (refused.status_code, why(refused)) == (403, "unknown")
    assert client.get("/me").status_code == 303
    give(deps, provider, "guard")
    answer = enter(client, provider, to="/devices")
    assert (answer.status_code, answer.headers["location"]) == (303, "/devices")
    assert client.get("/console").status_code == 200
    with deps.engine.connect() as conn:
        newest = audit.entries(conn, SCHOOL, audit.Wanted(), 10)[0]
    assert (newest.login, newest.action) == ("guard", "sign_in.sign_on")


def test_a_login_or_an_address_of_that_name_links_nobody(deps: Deps, provider: OidcProvider) -> None:
    client = browser(deps, provider)
    refused = enter(client, provider, sub="u-2", preferred_username="admin", email="admin@school.example")
    assert why(refused) == "unknown"
    roles = {"role_claim": "groups", "roles": {"guards": "guard"}, "unknown": "account"}
    client = browser(deps, provider, **roles)
    assert enter(client, provider, sub="u-2", preferred_username="admin", groups=["guards"]).status_code == 303
    assert "管理员</" not in client.get("/console").text  # an account of their own, not the administrator's
    assert client.get("/admin").status_code == 403


def test_roles_follow_the_claims_where_the_school_says_so(deps: Deps, provider: OidcProvider) -> None:
    roles = {"role_claim": "realm_access.roles", "roles": {"edu-admin": "admin", "edu-guard": "guard"}}
    client = browser(deps, provider, **roles, unknown="account")
    none = enter(client, provider, realm_access={"roles": ["pupil"]})
    assert (none.status_code, why(none)) == (403, "role")
    assert enter(client, provider, realm_access={"roles": ["edu-guard"]}).status_code == 303
    assert client.get("/admin").status_code == 403
    assert enter(client, provider, realm_access={"roles": ["edu-guard", "edu-admin"]}).status_code == 303
    assert client.get("/admin").status_code == 200
    with deps.engine.connect() as conn:
        actions = [one.action for one in audit.entries(conn, SCHOOL, audit.Wanted(), 10)]
    assert actions[:4] == ["sign_in.sign_on", "account.change", "sign_in.sign_on", "account.make"]


@pytest.mark.parametrize(
    "lie",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-client"},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"iss": "https://evil.example"},
        {"exp": 1_000_000},
        {"exp": None},
        {"sub": None},
        {"iat": 4_000_000_000},
    ],
    ids=lambda lie: "-".join(f"{name}={value}" for name, value in lie.items()),
)
def test_a_token_that_is_not_for_this_sign_in_opens_nothing(
    deps: Deps, provider: OidcProvider, lie: dict[str, Any]
) -> None:
    client = browser(deps, provider)
    provider.lies = lie
    answer = enter(client, provider)
    assert (answer.status_code, why(answer)) == (403, "token")
    assert client.get("/me").status_code == 303


def test_a_token_of_another_key_opens_nothing_and_a_new_key_is_fetched(
    deps: Deps, provider: OidcProvider, noon: VirtualClock
) -> None:
    client = browser(deps, provider)
    right = provider.key
    provider.key = RSAKey.generate_key(2048, {"kid": "one"})  # a stranger's that calls itself ours
    assert why(enter(client, provider)) == "token"
    provider.key = provider.published = RSAKey.generate_key(2048, {"kid": "two"})
    noon.advance(timedelta(minutes=2))
    assert why(enter(client, provider)) == "unknown"  # believed: the keys were asked for again
    provider.key = right
    assert why(enter(client, provider)) == "token"


def test_a_state_is_good_once_in_the_browser_that_began_and_for_ten_minutes(
    deps: Deps, provider: OidcProvider, noon: VirtualClock
) -> None:
    client, other = browser(deps, provider), browser(deps, provider)
    address = go(client)
    code = provider.approve(address, **PERSON)
    assert why(back(other, address, code)) == "state"
    assert why(back(client, address, code, state="wrong")) == "state"
    assert why(back(client, address, code)) == "state"  # a wrong one spends it, too
    address = go(client)
    noon.advance(timedelta(minutes=11))
    assert why(back(client, address, code)) == "state"
    assert "/token" not in provider.asked


def test_a_code_that_was_used_or_belongs_to_another_attempt_is_refused(deps: Deps, provider: OidcProvider) -> None:
    client = browser(deps, provider)
    address = go(client)
    code = provider.approve(address, **PERSON)
    assert why(back(client, address, code)) == "unknown"
    assert why(back(client, address, code)) == "state"
    assert why(back(client, go(client), code)) == "refused"
    stolen = provider.approve(go(browser(deps, provider)), **PERSON)  # never used, but its verifier is elsewhere
    assert why(back(client, go(client), stolen)) == "refused"


def test_a_provider_that_is_down_or_says_no_has_a_page_each(
    deps: Deps, provider: OidcProvider, noon: VirtualClock
) -> None:
    client = browser(deps, provider)
    provider.down = "/.well-known/openid-configuration"
    answer = client.get("/sign-in/sso")
    assert (answer.status_code, why(answer)) == (503, "down")
    provider.down = "/token"
    assert why(enter(client, provider)) == "down"
    answer = back(client, go(client), "", error="access_denied")
    assert (answer.status_code, why(answer)) == (403, "refused")


def test_sessions_of_single_sign_on_end_as_others_do_and_sign_out_goes_on_to_the_provider(
    deps: Deps, provider: OidcProvider
) -> None:
    client = browser(deps, provider)
    enter(client, provider)
    give(deps, provider, "guard")
    enter(client, provider)
    answer = client.post("/sign-out")
    assert answer.status_code == 200
    assert f"{provider.issuer}/logout?client_id={CLIENT}" in answer.headers["refresh"]
    assert client.get("/console").status_code == 303
    enter(client, provider)
    assert client.get("/console").status_code == 200
    admin = browser(deps, provider)
    admin.post("/sign-in", data={"login": "admin", "password": PASSWORD})
    guard = next(one for one in admin.get(f"{API}/platform").json()["accounts"] if one["login"] == "guard")
    assert admin.post(f"{API}/accounts/{guard['id']}/sign-out").status_code == 200
    assert client.get("/console").status_code == 303
    admin.patch(f"{API}/accounts/{guard['id']}", json={"disabled": True})
    assert why(enter(client, provider)) == "disabled"


def test_a_first_password_is_not_asked_of_whom_the_provider_vouches_for(
    deps: Deps, provider: OidcProvider, noon: VirtualClock
) -> None:
    with deps.engine.connect() as conn:
        create_account(conn, SCHOOL, "new", "新来", "guard", PASSWORD, noon.now(), initial=True)
        conn.commit()
    client = browser(deps, provider)
    enter(client, provider)
    give(deps, provider, "new")
    enter(client, provider)
    assert client.get("/console").status_code == 200


@pytest.mark.parametrize(
    ("local", "guard", "admin"), [("all", 303, 303), ("administrators", 403, 303), ("none", 403, 403)]
)
def test_local_passwords_stay_allowed_for_whom_the_school_says(
    deps: Deps, provider: OidcProvider, local: str, guard: int, admin: int
) -> None:
    client = browser(deps, provider, local_passwords=local)
    for login, status in (("guard", guard), ("admin", admin)):
        answer = client.post("/sign-in", data={"login": login, "password": PASSWORD})
        assert answer.status_code == status
        client.cookies.clear()
    assert ('name="password"' in client.get("/sign-in").text) == (local != "none")


def test_claims_say_school_role_and_teacher(provider: OidcProvider) -> None:
    settings = settings_of(
        provider, school_claim="orgs", schools={"3301-12": "school-1"}, role_claim="type",
        roles={"T": "teacher", "G": "guard"}, teacher_claim="staff.no",
    )  # fmt: skip
    base = {"sub": "u-1", "orgs": ["3301-12"]}
    assert read({**base, "orgs": ["3301-99"], "type": "G"}, settings, "school-1") == Unfit("school")
    assert read({**base, "orgs": "school-1", "type": "G"}, settings, "school-1") == Unfit("school")
    assert read({**base, "type": ["P"]}, settings, "school-1") == Unfit("role")
    assert read({**base, "type": "T"}, settings, "school-1") == Unfit("teacher")
    found = read({**base, "type": ["G", "T"], "staff": {"no": 17}}, settings, "school-1")
    assert isinstance(found, Known)
    assert (found.role, found.teacher) == ("teacher", "17")  # the first of the settings, not of the claim


CITY_ROLES = {"role_claim": "type", "roles": {"B": "bureau", "G": "guard"}, "district_claim": "area"}


def test_a_claim_gives_the_district_at_every_sign_in(deps: Deps, provider: OidcProvider) -> None:
    with deps.engine.begin() as conn:
        places = [
            {"id": id_, "position": n, "name": id_, "name_en": id_, "outline": "[]"}
            for n, id_ in enumerate(("claim-west", "claim-east"))
        ]
        conn.execute(city_districts.insert(), places)
    areas = {"330106": "claim-west", "330102": "claim-east", "330100": "*", "330109": "claim-gone"}
    client = browser(deps, provider, **CITY_ROLES, districts=areas, unknown="account")

    def district_after(**claims: Any) -> str | None:
        assert enter(client, provider, **claims).status_code == 303
        with deps.engine.connect() as conn:
            found = sa.select(accounts.c.district).where(accounts.c.login == "liufang")
            return conn.execute(found).scalar_one()

    for area, why_not in (("330199", "district"), ("330109", "district"), (None, "district")):
        answer = enter(client, provider, type="B", area=area)
        assert (answer.status_code, why(answer)) == (403, why_not)
    assert district_after(type="B", area="330106") == "claim-west"
    assert district_after(type="B", area=["330102"]) == "claim-east"
    assert why(enter(client, provider, type="B", area="330109")) == "district"
    assert district_after(type="B", area="330100") is None
    assert district_after(type="B", area="330106") == "claim-west"
    assert district_after(type="G", area="330106") is None
    with deps.engine.connect() as conn:
        changed = [one.subject for one in audit.entries(conn, SCHOOL, audit.Wanted(), 20) if "district" in one.subject]
    assert len(changed) == 4


def test_without_a_table_the_claim_is_the_district_and_never_the_whole_city(provider: OidcProvider) -> None:
    settings = settings_of(provider, **CITY_ROLES)
    found = read({"sub": "u", "type": "B", "area": "west"}, settings, "school-1")
    assert isinstance(found, Known)
    assert found.district == "west"
    for area in ("*", "", None, ["west", "east"]):
        assert read({"sub": "u", "type": "B", "area": area}, settings, "school-1") == Unfit("district")
    guard = read({"sub": "u", "type": "G"}, settings, "school-1")
    assert isinstance(guard, Known)


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "http://city.example"},
        {"client_id": ""},
        {"scopes": "profile"},
        {"role_claim": "groups"},
        {"unknown": "account"},
        {"districts": {"a": "west"}},
        {"district_claim": "area", "districts": {"a": ""}, "role_claim": "g", "roles": {"g": "bureau"}},
        {"district_claim": "area", "role_claim": "g", "roles": {"g": "guard"}},
        {"issuer": "", "local_passwords": "none"},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="sign_on"):
        SignOn(**{"issuer": "https://city.example", "client_id": "c", **wrong})


def test_the_doctor_asks_the_provider(deps: Deps, provider: OidcProvider) -> None:
    def finding(**more: Any) -> Any:
        dashboards = msgspec.structs.replace(deps.dashboards, base_url="https://console.example")
        settings = Settings(dashboards=dashboards, sign_on=settings_of(provider, **more))
        return next(one for one in examine(settings) if one.what == "single sign-on")

    assert finding().verdict == "ok"
    provider.down = "/keys"
    assert (finding().verdict, "/keys answered 503" in finding().says) == ("problem", True)


def test_what_was_stored_of_attempts_opens_nothing(deps: Deps, provider: OidcProvider) -> None:
    client = browser(deps, provider)
    go(client)
    with deps.engine.connect() as conn:
        row = conn.execute(sa.text("SELECT * FROM sign_on_attempts")).mappings().one()
    assert client.cookies["campus_sign_on"] not in {str(value) for value in row.values()}


def test_who_waits_in_vain_and_old_changes_of_accounts_are_forgotten(
    deps: Deps, provider: OidcProvider, noon: VirtualClock
) -> None:
    client = browser(deps, provider)
    enter(client, provider)
    give(deps, provider, "guard")
    enter(client, provider, sub="u-2")
    with deps.engine.begin() as conn:
        assert forget_waiting(conn, noon.now(), 10) == 0
        assert forget_waiting(conn, noon.now() + timedelta(seconds=1), 10) == 1
        (left,) = sign_on.everybody(conn, SCHOOL)
        assert left.account is not None  # whose account it is goes on signing in
        changes = account_changes.history(conn, left.account)
        assert forget_changes(conn, noon.now(), 10) == 0
        assert forget_changes(conn, noon.now() + timedelta(seconds=1), 10) == len(changes) > 0
        assert account_changes.history(conn, left.account) == []
