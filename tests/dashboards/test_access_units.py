"""Accounts, sessions, throttling and origin rules, each by itself."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from campus import db
from campus.clock import VirtualClock
from campus.errors import Conflict
from dashboards.access import accounts, passwords, sessions, throttle
from dashboards.access.accounts import RefusedAccount
from dashboards.access.origin import is_own, origin_of
from dashboards.access.roles import EVERY_RIGHT, HOME, PAGES, RIGHTS, ROLES, may, pages_of
from dashboards.access.sign_in import Refused, SignedIn, sign_in
from dashboards.pages.sign_in import safe_next
from dashboards.tables import login_sessions

PASSWORD = "a long password"
HOUR = timedelta(hours=1)
NOW = datetime(2026, 9, 7, 1, 0, tzinfo=UTC)


@pytest.fixture
def guard(engine: sa.Engine, clock: VirtualClock) -> accounts.Account:
    with db.write(engine) as conn:
        return accounts.create_account(conn, "school-1", " Guard ", "门卫王", "guard", PASSWORD, clock.now())


def test_a_login_is_kept_in_small_letters_without_blanks(guard: accounts.Account) -> None:
    assert guard.login == "guard"
    assert not guard.disabled


def test_a_login_is_given_once(engine: sa.Engine, guard: accounts.Account) -> None:
    with pytest.raises(Conflict, match="taken"), db.write(engine) as conn:
        accounts.create_account(conn, "school-1", "GUARD", "other", "guard", PASSWORD, NOW)


@pytest.mark.parametrize(
    ("login", "role", "password", "teacher", "told"),
    [
        ("with blank", "guard", PASSWORD, "", "login"),
        ("g", "guard", PASSWORD, "", "login"),
        ("guard2", "janitor", PASSWORD, "", "choose one of"),
        ("guard2", "guard", "short", "", "at least 10"),
        ("t2", "teacher", PASSWORD, "", "teacher id"),
    ],
)
def test_an_account_that_cannot_work_is_refused_with_the_fix(
    engine: sa.Engine, login: str, role: str, password: str, teacher: str, told: str
) -> None:
    with pytest.raises(RefusedAccount, match=told), db.write(engine) as conn:
        accounts.create_account(conn, "school-1", login, "x", role, password, NOW, teacher)  # type: ignore[arg-type]


def test_a_password_is_kept_as_an_argon2id_hash(engine: sa.Engine, guard: accounts.Account) -> None:
    with engine.connect() as conn:
        stored = conn.execute(sa.text("SELECT password_hash FROM accounts")).scalar_one()
    assert stored.startswith("$argon2id$")
    assert passwords.matches(stored, PASSWORD)
    assert not passwords.matches(stored, PASSWORD + "x")
    assert not passwords.matches("damaged", PASSWORD)


def test_a_password_costs_whoever_guesses_what_rfc_9106_recommends(real_hasher: PasswordHasher) -> None:
    assert (real_hasher.memory_cost, real_hasher.time_cost, real_hasher.parallelism) == (65536, 3, 4)
    assert real_hasher.hash("x").startswith("$argon2id$")


def test_only_the_hash_of_a_token_is_in_the_database(engine: sa.Engine, guard: accounts.Account) -> None:
    with db.write(engine) as conn:
        token = sessions.open_session(conn, guard.id, NOW, HOUR)
    with engine.connect() as conn:
        assert token not in str(conn.execute(sa.select(login_sessions)).all())
        assert sessions.account_of_session(conn, token, NOW) == guard


def test_a_session_ends_by_time_by_revocation_and_with_its_account(engine: sa.Engine, guard: accounts.Account) -> None:
    with db.write(engine) as conn:
        first = sessions.open_session(conn, guard.id, NOW, HOUR)
        second = sessions.open_session(conn, guard.id, NOW, HOUR)
        assert sessions.account_of_session(conn, first, NOW + HOUR) is None
        sessions.revoke(conn, first, NOW)
        assert sessions.account_of_session(conn, first, NOW) is None
        assert sessions.account_of_session(conn, second, NOW) == guard
        accounts.set_disabled(conn, "school-1", guard.id, NOW)
        assert sessions.account_of_session(conn, second, NOW) is None
        accounts.set_disabled(conn, "school-1", guard.id, None)
        assert sessions.revoke_all(conn, guard.id, NOW) == 1
        assert sessions.account_of_session(conn, second, NOW) is None


def test_five_tries_are_free_and_then_each_doubles_the_wait() -> None:
    tries = [NOW + timedelta(seconds=n) for n in range(5)]
    now = tries[-1]
    assert throttle.decide(tries[:4], 5, now, "x").allowed
    assert throttle.decide(tries, 5, now, "x").wait_s == 15
    assert throttle.decide([*tries, now], 5, now, "x").wait_s == 30
    assert throttle.decide([*tries] + [now] * 20, 5, now, "x").wait_s == throttle.LONGEST_WAIT.total_seconds()
    assert throttle.decide(tries, 5, now + timedelta(seconds=15), "x").allowed
    assert throttle.decide(tries, 5, now + throttle.WINDOW, "x").allowed


def test_guessing_is_slowed_and_a_right_password_within_the_wait_is_not_even_checked(
    engine: sa.Engine, guard: accounts.Account
) -> None:
    for _ in range(5):
        assert sign_in(engine, "guard", "wrong password", "10.0.0.9", NOW, HOUR) == Refused("wrong login or password")
    waiting = sign_in(engine, "guard", PASSWORD, "10.0.0.9", NOW, HOUR)
    assert isinstance(waiting, Refused)
    assert waiting.wait_s == 15
    assert isinstance(sign_in(engine, "guard", PASSWORD, "10.0.0.9", NOW + timedelta(seconds=15), HOUR), SignedIn)


def test_a_stranger_who_guesses_does_not_keep_the_guard_out(engine: sa.Engine, guard: accounts.Account) -> None:
    for _ in range(5):
        sign_in(engine, "guard", "wrong password", "10.0.0.66", NOW, HOUR)
    assert isinstance(sign_in(engine, "guard", PASSWORD, "10.0.0.7", NOW, HOUR), SignedIn)


def test_an_unknown_login_and_a_disabled_account_are_refused_in_the_same_words(
    engine: sa.Engine, guard: accounts.Account
) -> None:
    unknown = sign_in(engine, "nobody", PASSWORD, "10.0.0.7", NOW, HOUR)
    with db.write(engine) as conn:
        accounts.set_disabled(conn, "school-1", guard.id, NOW)
    assert unknown == sign_in(engine, "guard", PASSWORD, "10.0.0.7", NOW, HOUR) == Refused("wrong login or password")


def test_every_role_lands_on_a_page_it_may_open() -> None:
    assert set(HOME) == set(RIGHTS) == {*ROLES, "integrator"}  # a program has a token and no page
    for role in ROLES:
        assert pages_of(role)[0] == HOME[role]
    assert {right for _, right in PAGES} <= set(EVERY_RIGHT)


def test_students_are_seen_by_their_teacher_and_the_school_office_and_by_nobody_else_on_a_roll() -> None:
    assert [role for role in ROLES if may(role, "roll.read")] == ["teacher", "office"]
    assert [role for role in ROLES if may(role, "alarms.read")] == ["guard"]


@pytest.mark.parametrize(
    ("origin", "host", "base_url", "own"),
    [
        ("http://campus.local:8080", "campus.local:8080", "", True),
        ("http://evil.example", "campus.local:8080", "", False),
        ("http://campus.local", "campus.local:8080", "", False),  # another port is another origin
        ("null", "campus.local:8080", "", False),
        ("", "", "", False),
        ("https://campus.school.cn", "127.0.0.1:8080", "https://campus.school.cn/", True),  # behind a proxy
        ("http://campus.school.cn", "campus.school.cn", "https://campus.school.cn/", False),
    ],
)
def test_only_the_consoles_own_origin_may_write(origin: str, host: str, base_url: str, own: bool) -> None:
    assert is_own(origin, host, base_url) is own


def test_an_origin_is_scheme_and_host() -> None:
    assert origin_of("https://Campus.School.cn/path?x") == "https://campus.school.cn"
    assert origin_of("campus") == ""


@pytest.mark.parametrize(
    ("path", "kept"),
    [("/roll/c-1", "/roll/c-1"), ("//evil.example", "/"), ("/\\evil", "/"), ("https://evil", "/"), ("/sign-in", "/")],
)
def test_signing_in_leads_into_the_console_only(path: str, kept: str) -> None:
    assert safe_next(path) == kept
