"""One's own account: the first password must go, the second factor is asked for and each code is good once."""

import re
from datetime import timedelta

import msgspec
import pyotp
import pytest
import sqlalchemy as sa
from console_seed import PASSWORD
from fastapi import FastAPI
from fastapi.testclient import TestClient

from campus import db
from campus.clock import VirtualClock
from campus.errors import Unavailable
from dashboards.access import second_factor
from dashboards.access.factor_store import forget_used_codes
from dashboards.access.roles import ROLES
from dashboards.access.sealing import sealer_of
from dashboards.app import create_app
from dashboards.deps import Deps
from dashboards.tables import accounts
from tests.dashboards.conftest import BASE, SignIn

API = "/api/v1"
NEW = "a fresh pass phrase"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code(clock: VirtualClock) -> str:
    return pyotp.TOTP(SECRET).at(clock.now())


def anyone(app: FastAPI) -> TestClient:
    return TestClient(app, base_url=BASE, headers={"Origin": BASE}, follow_redirects=False)


def try_password(app: FastAPI, login: str, password: str) -> tuple[int, str]:
    answer = anyone(app).post("/sign-in", data={"login": login, "password": password})
    return answer.status_code, answer.headers.get("location", "")


def make_account(admin: TestClient, **said: str) -> str:
    answer = admin.post(f"{API}/accounts", json={"login": "gate2", "name": "李四", "role": "guard", **said})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["password"])


def test_an_administrator_makes_an_account_whose_first_password_must_be_changed(sign_in: SignIn, app: FastAPI) -> None:
    first = make_account(sign_in("admin"))
    client = anyone(app)
    assert client.post("/sign-in", data={"login": "gate2", "password": first}).status_code == 303
    for path in ("/console", "/devices"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/me")
    assert client.get(f"{API}/alarms").json()["code"] == "password_due"
    assert client.get("/me").status_code == 200
    assert client.post("/me/password", data={"current": first, "new": NEW}).status_code == 303
    assert client.get("/console").status_code == 200
    assert try_password(app, "gate2", first)[0] == 401
    assert try_password(app, "gate2", NEW) == (303, "/")


def test_a_reset_password_ends_the_sessions_and_takes_the_lost_second_factor_away(
    sign_in: SignIn, app: FastAPI, noon: VirtualClock
) -> None:
    guard, admin = sign_in("guard"), sign_in("admin")
    guard.post("/me/second-factor", data={"secret": SECRET, "code": code(noon)})
    account = next(one for one in admin.get(f"{API}/platform").json()["accounts"] if one["login"] == "guard")
    given = admin.post(f"{API}/accounts/{account['id']}/password").json()
    assert guard.get("/console").headers["location"].startswith("/sign-in")
    assert try_password(app, "guard", given["password"]) == (303, "/")
    assert try_password(app, "guard", PASSWORD)[0] == 401


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"login": "guard"}, 409),  # taken
        ({"login": "x"}, 422),
        ({"role": "king"}, 422),
        ({"role": "teacher"}, 422),  # without the roster's teacher
        ({"name": ""}, 422),
    ],
)
def test_an_account_that_cannot_work_is_refused(sign_in: SignIn, said: dict[str, str], status: int) -> None:
    body = {"login": "gate2", "name": "李四", "role": "guard", **said}
    assert sign_in("admin").post(f"{API}/accounts", json=body).status_code == status


def test_a_teachers_account_is_joined_to_the_roster(sign_in: SignIn) -> None:
    admin = sign_in("admin")
    teachers = admin.get(f"{API}/teachers").json()
    assert len(teachers) > 30
    make_account(admin, login="t9", role="teacher", teacher=teachers[0]["id"])
    assert any(one["login"] == "t9" for one in admin.get(f"{API}/platform").json()["accounts"])


@pytest.mark.parametrize(("current", "new"), [("not it at all", NEW), (PASSWORD, PASSWORD), (PASSWORD, "short")])
def test_a_change_of_password_that_cannot_be_is_refused_and_the_old_one_stays(
    sign_in: SignIn, app: FastAPI, current: str, new: str
) -> None:
    assert sign_in("guard").post("/me/password", data={"current": current, "new": new}).status_code == 422
    assert try_password(app, "guard", PASSWORD) == (303, "/")


def test_a_changed_password_ends_every_other_session(sign_in: SignIn) -> None:
    here, elsewhere = sign_in("guard"), sign_in("guard")
    assert here.post("/me/password", data={"current": PASSWORD, "new": NEW}).status_code == 303
    assert here.get("/console").status_code == 200
    assert elsewhere.get("/console").headers["location"].startswith("/sign-in")


def test_signing_out_elsewhere_leaves_this_session_open(sign_in: SignIn) -> None:
    here, elsewhere = sign_in("guard"), sign_in("guard")
    here.post("/me/sign-out-elsewhere")
    assert here.get("/console").status_code == 200
    assert elsewhere.get("/console").status_code == 303


def test_with_a_second_factor_the_password_alone_opens_nothing(
    sign_in: SignIn, app: FastAPI, noon: VirtualClock
) -> None:
    guard = sign_in("guard")
    assert guard.post("/me/second-factor", data={"secret": SECRET, "code": code(noon)}).status_code == 200
    noon.advance(timedelta(seconds=60))
    client = anyone(app)
    answer = client.post("/sign-in?next=/devices", data={"login": "guard", "password": PASSWORD, "next": "/devices"})
    assert answer.headers["location"] == "/sign-in/code?next=/devices"
    assert client.get("/console").headers["location"].startswith("/sign-in")
    assert client.post("/sign-in/code", data={"code": "000000"}).status_code == 401
    entered = client.post("/sign-in/code", data={"code": code(noon), "next": "/devices"})
    assert (entered.status_code, entered.headers["location"]) == (303, "/devices")
    assert client.get("/console").status_code == 200


def test_a_code_is_good_once_and_the_question_waits_five_minutes(
    sign_in: SignIn, app: FastAPI, noon: VirtualClock
) -> None:
    sign_in("guard").post("/me/second-factor", data={"secret": SECRET, "code": code(noon)})
    client = anyone(app)
    client.post("/sign-in", data={"login": "guard", "password": PASSWORD})
    assert client.post("/sign-in/code", data={"code": code(noon)}).status_code == 401  # used to turn it on
    noon.advance(timedelta(minutes=6))
    late = client.post("/sign-in/code", data={"code": code(noon)})
    assert (late.status_code, late.headers["location"]) == (303, "/sign-in")


def test_guessing_codes_gets_slow(sign_in: SignIn, app: FastAPI, noon: VirtualClock) -> None:
    sign_in("guard").post("/me/second-factor", data={"secret": SECRET, "code": code(noon)})
    noon.advance(timedelta(minutes=2))
    client = anyone(app)
    client.post("/sign-in", data={"login": "guard", "password": PASSWORD})
    answers = [client.post("/sign-in/code", data={"code": f"{n:06d}"}).status_code for n in range(12)]
    assert answers[-1] == 429
    assert answers.count(401) < 8


def test_the_second_factor_is_turned_on_only_with_a_code_and_off_only_with_the_password(
    sign_in: SignIn, app: FastAPI, noon: VirtualClock
) -> None:
    guard = sign_in("guard")
    assert guard.post("/me/second-factor", data={"secret": SECRET, "code": "123456"}).status_code == 422
    assert guard.post("/me/second-factor", data={"secret": "<script>", "code": code(noon)}).status_code == 422
    assert try_password(app, "guard", PASSWORD) == (303, "/")
    guard.post("/me/second-factor", data={"secret": SECRET, "code": code(noon)})
    assert guard.post("/me/second-factor/remove", data={"current": "wrong"}).status_code == 422
    assert try_password(app, "guard", PASSWORD)[1].startswith("/sign-in/code")
    assert guard.post("/me/second-factor/remove", data={"current": PASSWORD}).status_code == 303
    assert try_password(app, "guard", PASSWORD) == (303, "/")


def test_a_phone_whose_clock_is_half_a_minute_off_still_gets_in(noon: VirtualClock) -> None:
    totp, now = pyotp.TOTP(SECRET), noon.now()
    steps = [second_factor.step_of(SECRET, totp.at(now + timedelta(seconds=off)), now, None) for off in (-30, 0, 30)]
    assert None not in steps
    assert second_factor.step_of(SECRET, totp.at(now + timedelta(seconds=90)), now, None) is None
    assert second_factor.step_of(SECRET, "12 34", now, None) is None


def test_the_picture_is_one_svg_without_script_or_style() -> None:
    picture = second_factor.picture(second_factor.new_secret(), "guard")
    assert picture.startswith("<svg")
    assert "script" not in picture
    assert "style=" not in picture


def test_the_administrator_can_make_an_account_of_every_role(sign_in: SignIn) -> None:
    page = sign_in("admin").get("/admin").text
    assert [role for role in ROLES if f'<option value="{role}">' not in page] == []


def keyed(deps: Deps, account_key: str) -> FastAPI:
    """The console with these keys for second factors."""
    settings = msgspec.structs.replace(deps.dashboards, account_key=account_key)
    return create_app(msgspec.structs.replace(deps, dashboards=settings))


def turn_on(app: FastAPI, noon: VirtualClock) -> list[str]:
    """A guard turns the second factor on; the recovery codes shown."""
    guard = anyone(app)
    guard.post("/sign-in", data={"login": "guard", "password": PASSWORD})
    page = guard.post("/me/second-factor", data={"secret": SECRET, "code": code(noon)})
    noon.advance(timedelta(minutes=1))
    return re.findall(r"<li><code>([a-z0-9-]{14})</code>", page.text)


def try_code(app: FastAPI, typed: str) -> int:
    client = anyone(app)
    client.post("/sign-in", data={"login": "guard", "password": PASSWORD})
    return client.post("/sign-in/code", data={"code": typed}).status_code


def stored(deps: Deps) -> tuple[str | None, str | None]:
    """What the database holds of the guard's secret: in the clear, and sealed."""
    with deps.engine.connect() as conn:
        columns = (accounts.c.totp_secret, accounts.c.totp_sealed)
        row = conn.execute(sa.select(*columns).where(accounts.c.login == "guard")).one()
    return row.totp_secret, row.totp_sealed


def test_a_secret_from_before_is_sealed_at_its_first_use_and_again_under_a_newer_key(
    deps: Deps, noon: VirtualClock
) -> None:
    old, new = "k" * 32, "n" * 32
    turn_on(keyed(deps, ""), noon)
    assert stored(deps) == (SECRET, None)
    assert try_code(keyed(deps, old), code(noon)) == 303
    clear, first = stored(deps)
    assert clear is None
    assert first is not None
    assert SECRET not in first
    noon.advance(timedelta(minutes=1))
    assert try_code(keyed(deps, new), code(noon)) == 503  # the former key is gone
    assert try_code(keyed(deps, f"{new}\n{old}\n"), code(noon)) == 303
    assert stored(deps)[1] != first
    noon.advance(timedelta(minutes=1))
    assert try_code(keyed(deps, new), code(noon)) == 303


def test_a_sealed_secret_opens_nobody_elses_account() -> None:
    sealer = sealer_of("k" * 32)
    sealed = sealer.seal("a-1", SECRET)
    assert sealer.open("a-1", sealed) == (SECRET, True)
    with pytest.raises(Unavailable):
        sealer.open("a-2", sealed)


def test_a_recovery_code_is_good_once_and_new_ones_end_the_old(deps: Deps, noon: VirtualClock) -> None:
    app = keyed(deps, "k" * 32)
    codes = turn_on(app, noon)
    assert len(set(codes)) == 10
    assert try_code(app, codes[0].upper().replace("-", " ")) == 303
    assert try_code(app, codes[0]) == 401
    guard = anyone(app)
    guard.post("/sign-in", data={"login": "guard", "password": PASSWORD})
    guard.post("/sign-in/code", data={"code": codes[1]})
    with db.write(deps.engine) as conn:
        later = noon.now() + timedelta(days=1)
        assert forget_used_codes(conn, later, 100) == 2, "those that were used, and none that still lets somebody in"
    assert "8" in re.findall(r"<summary>(.*)</summary>", guard.get("/me").text)[0]
    assert guard.post("/me/recovery-codes", data={"code": "000000"}).status_code == 422
    assert guard.post("/me/recovery-codes", data={"code": code(noon)}).status_code == 200
    assert try_code(app, codes[2]) == 401
    with deps.engine.connect() as conn:
        assert not {*codes} & {*conn.execute(sa.text("SELECT code_hash FROM recovery_codes")).scalars()}
