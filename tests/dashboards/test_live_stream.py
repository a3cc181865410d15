"""The live stream over a real socket: what a page hears, what it missed, and who hears nothing."""

import asyncio
import threading
from typing import Any

import console_seed
import pytest
import sqlalchemy as sa
from console_seed import FOREIGN_CLASS, OWN_CLASS, SCHOOL, Play
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from alerts.life import queries as alerts
from attendance.register.tables import roll
from attendance.tables import students
from campus import changes, db
from campus.clock import VirtualClock
from campus.errors import Unavailable
from campus.events import SensorAlarm
from campus.settings import Settings
from dashboards import live
from dashboards.access import sessions
from dashboards.deps import Deps
from dashboards.tables import accounts
from tests.conftest import played
from tests.dashboards.conftest import BASE, SignIn

LIVE = BASE.replace("http", "ws") + "/live"  # left out, the test client would speak to another host, without cookies


@pytest.fixture
def play(deps: Deps, noon: VirtualClock) -> Play:
    """Speaks for the devices of the seeded school."""
    made = Play(deps.engine, noon, Settings())
    with db.read(deps.engine) as conn:
        made.registry.refresh(conn)
    return made


def newest(deps: Deps) -> int:
    with db.read(deps.engine) as conn:
        return changes.last_id(conn)


def stream(client: TestClient, page: str, after: int, class_id: str = "") -> Any:
    return client.websocket_connect(f"{LIVE}?page={page}&after={after}&class_id={class_id}", headers={"Origin": BASE})


def hear(socket: Any, topic: str) -> dict[str, Any]:
    """The next change of ``topic``."""
    while True:
        message: dict[str, Any] = socket.receive_json()
        if message["type"] == "change" and message["topic"] == topic:
            return message


def closing_code(socket: Any) -> int:
    """The code with which the server closes the stream."""
    try:
        while True:
            socket.receive_json()
    except WebSocketDisconnect as closed:
        return closed.code


def test_an_alarm_reaches_the_open_console_with_its_row(sign_in: SignIn, deps: Deps, play: Play) -> None:
    with stream(sign_in("guard"), "console", newest(deps)) as socket:
        play.say("smoke-library", SensorAlarm(kind="smoke", active=True))
        message = hear(socket, "alarm")
    assert (message["row"]["rule"], message["row"]["state"]) == ("smoke", "unacknowledged")


def test_a_reconnect_hears_what_it_missed_and_nothing_twice(sign_in: SignIn, deps: Deps, play: Play) -> None:
    seen = newest(deps)
    play.say("smoke-library", SensorAlarm(kind="smoke", active=True))
    guard = sign_in("guard")
    with stream(guard, "console", seen) as socket:
        first = hear(socket, "alarm")
    assert first["row"]["rule"] == "smoke"
    with stream(guard, "console", newest(deps)) as socket:
        play.say("panic-vr-lab", SensorAlarm(kind="panic", active=True))
        assert hear(socket, "alarm")["row"]["rule"] == "panic"


def test_who_missed_too_much_starts_again_from_a_snapshot(
    sign_in: SignIn, deps: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "CATCH_UP", 3)
    with stream(sign_in("guard"), "console", 1) as socket:
        kinds = [socket.receive_json()["type"] for _ in range(2)]
    assert "resync" in kinds


def follower(topic: str) -> live.Client:
    """A console that is nudged by a topic."""
    return live.Client(live.Viewer(schools=frozenset({SCHOOL}), nudges=frozenset({topic})))


def change_roll(deps: Deps, class_id: str) -> str:
    """Log a change of the roll of a class, as attendance does; the student it is about."""
    with db.write(deps.engine) as conn:
        row = conn.execute(
            sa.select(roll.c.session, roll.c.student)
            .join(students, students.c.id == roll.c.student)
            .where(students.c.class_id == class_id)
        ).first()
        assert row is not None
        changes.append(conn, deps.clock.now(), SCHOOL, "roll", f"{row.session}:{row.student}", class_id)
        return str(row.student)


def test_a_teacher_hears_of_the_own_class_alone(sign_in: SignIn, deps: Deps) -> None:
    with stream(sign_in("teacher"), "roll", newest(deps), OWN_CLASS) as socket:
        change_roll(deps, FOREIGN_CLASS)
        student = change_roll(deps, OWN_CLASS)
        assert hear(socket, "roll")["row"]["student"] == student


def test_the_leave_page_hears_how_many_wait_in_the_own_classes_alone(sign_in: SignIn, deps: Deps) -> None:
    with stream(sign_in("teacher"), "leave", newest(deps), OWN_CLASS) as socket:
        with db.write(deps.engine) as conn:
            for class_id in (FOREIGN_CLASS, OWN_CLASS):
                changes.append(conn, deps.clock.now(), SCHOOL, "leave", class_id, class_id)
        message = hear(socket, "leave")
    assert (message["key"], message["row"]) == (OWN_CLASS, {"waiting": 0})


def test_the_doctor_is_nudged_and_not_told_of_whom(sign_in: SignIn, deps: Deps) -> None:
    with stream(sign_in("doctor"), "illness", newest(deps)) as socket:
        with db.write(deps.engine) as conn:
            changes.append(conn, deps.clock.now(), SCHOOL, "illness", OWN_CLASS, OWN_CLASS)
        assert "key" not in hear(socket, "illness")


def test_the_bureau_is_nudged_and_gets_no_row(sign_in: SignIn, deps: Deps, play: Play) -> None:
    with stream(sign_in("bureau"), "overview", newest(deps)) as socket:
        play.say("smoke-library", SensorAlarm(kind="smoke", active=True))
        assert "row" not in hear(socket, "alarm")


@pytest.mark.parametrize(
    ("login", "page", "class_id"),
    [
        ("teacher", "console", ""),
        ("guard", "roll", OWN_CLASS),
        ("teacher", "roll", FOREIGN_CLASS),
        ("guard", "x", ""),
        ("teacher", "leave", FOREIGN_CLASS),
        ("teacher", "illness", ""),
    ],
)
def test_a_page_that_is_not_ones_own_is_closed(
    login: str, page: str, class_id: str, sign_in: SignIn, deps: Deps
) -> None:
    with stream(sign_in(login), page, newest(deps), class_id) as socket:
        assert closing_code(socket) == 4403


def test_nobody_follows_without_a_session(app: Any, deps: Deps) -> None:
    with TestClient(app, base_url=BASE) as client, stream(client, "console", newest(deps)) as socket:
        assert closing_code(socket) == 4401


def test_another_site_cannot_listen_in(sign_in: SignIn, deps: Deps) -> None:
    client = sign_in("guard")
    path = f"{LIVE}?page=console&after={newest(deps)}"
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(path, headers={"Origin": "https://evil.example"}):
        pass


def test_a_revoked_session_ends_its_stream(sign_in: SignIn, deps: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboards.standing.LOOK_S", 0.05)
    with stream(sign_in("guard"), "console", newest(deps)) as socket:
        with db.write(deps.engine) as conn:
            guard = conn.execute(sa.select(accounts.c.id).where(accounts.c.login == "guard")).scalar_one()
            sessions.revoke_all(conn, guard, deps.wall.now())
        assert closing_code(socket) == 4401


def test_who_comes_while_changes_are_read_misses_none(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, go_on, real = threading.Event(), threading.Event(), live.Hub._read

    def slow(hub: live.Hub, wanted: list[changes.Change]) -> list[live.Encoded]:
        reading.set()
        assert go_on.wait(10)
        return real(hub, wanted)

    async def scene() -> tuple[list[str], str]:
        hub, early, late = live.Hub(deps, {}), follower("site"), follower("device")
        seen = await hub.subscribe(early)
        with db.write(deps.engine) as conn:
            for topic in ("site", "device"):
                changes.append(conn, deps.clock.now(), SCHOOL, topic, "x")  # type: ignore[arg-type]
        await asyncio.to_thread(reading.wait, 10)
        until = await hub.subscribe(late)
        go_on.set()
        heard = await asyncio.wait_for(early.queue.get(), 10)
        missed = await hub.missed(late.viewer, seen, until)
        await hub.close()
        assert isinstance(heard, live.Encoded)
        return [one.change.topic for one in missed or []], heard.change.topic

    monkeypatch.setattr(live.Hub, "_read", slow)
    assert played(scene) == (["device"], "site")


def test_what_the_database_could_not_give_is_heard_when_it_is_back(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BACK_OFF_S", 0.01)
    real, failed = live.Hub._read, list[int]()

    def fails_once(hub: live.Hub, wanted: list[changes.Change]) -> list[live.Encoded]:
        if not failed:
            failed.append(len(wanted))
            raise Unavailable("the database", "gone")
        return real(hub, wanted)

    async def scene() -> str:
        hub, client = live.Hub(deps, {}), follower("site")
        await hub.subscribe(client)
        with db.write(deps.engine) as conn:
            changes.append(conn, deps.clock.now(), SCHOOL, "site", "x")
        heard = await asyncio.wait_for(client.queue.get(), 10)
        await hub.close()
        assert isinstance(heard, live.Encoded)
        return heard.change.topic

    monkeypatch.setattr(live.Hub, "_read", fails_once)
    assert (played(scene), failed) == ("site", [1])


def test_who_is_ended_hears_not_even_what_waits() -> None:
    client = follower("site")
    first, later = (live.Encoded(changes.Change(number, SCHOOL, "site", "", ""), "", "") for number in (1, 2))
    client.offer(first)
    client.end(4401)
    client.offer(later)
    assert (client.queue.get_nowait(), client.queue.empty()) == (4401, True)


def test_the_seeded_alarms_are_in_the_first_picture(sign_in: SignIn, deps: Deps) -> None:
    with db.read(deps.engine) as conn:
        rules = {alarm.rule for alarm in alerts.open_alarms(conn, SCHOOL)}
    assert {"panic", "intrusion"} <= rules
    page = sign_in("guard").get("/console").text
    assert all(f'"rule":"{rule}"' in page for rule in rules)
    assert console_seed.PASSWORD not in page
