"""Who may follow a page no longer, or otherwise than before: noticed within seconds, over a real socket."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import httpx
import msgspec
import pytest
import sqlalchemy as sa
from city_seed import import_city
from console_seed import NOW, OWN_CLASS, PASSWORD, SCHOOL
from test_live_stream import newest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from attendance.tables import enrolments
from campus import changes, db
from dashboards.access import sessions
from dashboards.access.accounts import set_disabled
from dashboards.deps import Deps
from dashboards.server import serve
from dashboards.standing import RIGHTS_CHANGED, SESSION_ENDED
from dashboards.tables import accounts
from tests.conftest import free_port
from tests.flow.running_school import eventually

Change = Callable[[sa.Connection, str], object]  # changes something of an account in the database
Follow = Callable[[str, str], ClientConnection]


@pytest.fixture
def follow(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> Iterator[Follow]:
    """Signs a login in at a console over a real socket, and follows one of its pages."""
    monkeypatch.setattr("dashboards.standing.LOOK_S", 0.05)
    port, stop, opened = free_port(), threading.Event(), list[ClientConnection]()
    base = f"http://127.0.0.1:{port}"
    own = msgspec.structs.replace(deps, dashboards=msgspec.structs.replace(deps.dashboards, port=port, base_url=base))
    thread = threading.Thread(target=serve, args=(own, stop))
    thread.start()

    def answers() -> bool:
        try:
            return httpx.get(f"{base}/healthz").status_code == 200
        except httpx.ConnectError:
            return False

    def enter(login: str, page: str) -> ClientConnection:
        said = httpx.post(f"{base}/sign-in", data={"login": login, "password": PASSWORD}, headers={"Origin": base})
        headers = {"Origin": base, "Cookie": said.headers["Set-Cookie"].split(";")[0]}
        address = f"ws://127.0.0.1:{port}/live?page={page}&after={newest(deps)}"
        opened.append(connect(address, additional_headers=headers, compression=None))
        assert msgspec.json.decode(opened[-1].recv(10))["type"] == "ping"
        return opened[-1]

    eventually(answers)
    yield enter
    for socket in opened:
        socket.close()
    stop.set()
    thread.join()


def change(deps: Deps, login: str, how: Change) -> None:
    with db.write(deps.engine) as conn:
        how(conn, str(conn.execute(sa.select(accounts.c.id).where(accounts.c.login == login)).scalar_one()))


def closing_code(socket: ClientConnection) -> int | None:
    """The code with which the server closes the stream."""
    try:
        while True:
            socket.recv(10)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


def becomes(**values: object) -> Change:
    return lambda conn, account: conn.execute(accounts.update().where(accounts.c.id == account).values(**values))


def loses_class(conn: sa.Connection, _account: str) -> None:
    conn.execute(enrolments.delete().where(enrolments.c.class_id == OWN_CLASS, enrolments.c.role == "teacher"))


GOES: dict[str, tuple[str, str, Change, int]] = {
    "another role without the right": ("guard", "console", becomes(role="facility"), RIGHTS_CHANGED),
    "another role with the right": ("guard", "devices", becomes(role="facility"), RIGHTS_CHANGED),
    "another school": ("guard", "console", becomes(school="school-2"), SESSION_ENDED),
    "a district": ("bureau", "city", becomes(district="east"), RIGHTS_CHANGED),
    "a class no longer led": ("teacher", f"roll&class_id={OWN_CLASS}", loses_class, RIGHTS_CHANGED),
    "a session revoked": ("guard", "console", lambda conn, who: sessions.revoke_all(conn, who, NOW), SESSION_ENDED),
    "an account locked": ("guard", "console", lambda conn, who: set_disabled(conn, SCHOOL, who, NOW), SESSION_ENDED),
    "a password given anew": ("guard", "console", becomes(initial=True), RIGHTS_CHANGED),
}


@pytest.mark.parametrize("what", GOES)
def test_a_stream_ends_when_it_is_no_longer_what_the_account_may_follow(what: str, follow: Follow, deps: Deps) -> None:
    import_city(deps.engine, NOW)
    login, page, how, code = GOES[what]
    socket = follow(login, page)
    change(deps, login, how)
    assert closing_code(socket) == code


def test_a_stream_goes_on_when_its_person_chooses_another_language(follow: Follow, deps: Deps) -> None:
    socket = follow("guard", "devices")
    change(deps, "guard", becomes(language="en", siren=True))
    other = follow("bureau", "overview")
    change(deps, "bureau", becomes(disabled_at=NOW))
    assert closing_code(other) == SESSION_ENDED  # so everybody was looked at since
    with db.write(deps.engine) as conn:
        changes.append(conn, NOW, SCHOOL, "device", "gate-1")
    assert msgspec.json.decode(socket.recv(10))["type"] == "change"
