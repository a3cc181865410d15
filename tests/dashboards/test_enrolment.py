"""An agent is enrolled over real HTTPS, renews its account, and falls for nobody in between."""

import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from campus import db
from campus.clock import VirtualClock
from campus.errors import SettingsError, Unavailable
from campus.series.sqlite import SqliteSeries
from campus.settings import Dashboards, Trust
from dashboards.deps import Deps
from dashboards.server import listen, server_for
from devices.trust import accounts, authority
from devices.trust.codes import make
from devices.trust.link import enrolment_link
from devices.trust.quarantine import quarantine
from edge_agent.enrolment import Renewals, broker_of, enrol, load, read_link
from edge_agent.remote import Remote
from edge_agent.settings import Agent, EdgeSettings, School
from tests.conftest import free_port
from tests.dashboards.conftest import BASE, SignIn

SCHOOL = "school-1"
HEAD = {"Origin": BASE}


class Console:
    """A console that serves HTTPS with a certificate of its own authority."""

    def __init__(self, engine: sa.Engine, clock: VirtualClock, folder: Path) -> None:
        self.engine, self.clock = engine, clock
        self.files = authority.Files(folder / "trust")
        authority.make_authority(self.files, SCHOOL, datetime.now(UTC))
        authority.certify_server(self.files, ["127.0.0.1"], datetime.now(UTC))
        port = free_port()
        self.base_url = f"https://127.0.0.1:{port}"
        self.store = SqliteSeries(folder / "series.db")
        deps = Deps(
            engine=engine, series=self.store, clock=clock, wall=clock, trust=Trust(authority=self.files.authority),
            dashboards=Dashboards(
                port=port, base_url=self.base_url, cert_file=self.files.server, key_file=self.files.server_key
            ),
        )  # fmt: skip
        self._server, self._listener = server_for(deps), listen("127.0.0.1", port)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.02)

    def _serve(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._listener]))  # noqa: TID251 - a thread of its own

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._listener.close()
        self.store.close()

    def link(self, device: str = "edge-1") -> str:
        with db.write(self.engine) as conn:
            code = make(conn, SCHOOL, device, "head", self.clock.now())
        return enrolment_link(self.base_url, code, self.files.authority)


@pytest.fixture
def console(seeded: sa.Engine, noon: VirtualClock, tmp_path: Path) -> Iterator[Console]:
    made = Console(seeded, noon, tmp_path)
    yield made
    made.stop()


def settings(folder: Path, device: str = "edge-1") -> EdgeSettings:
    agent = Agent(id=device, spool=folder / "spool.db", enrolment=folder / "enrolment.json")
    return EdgeSettings(agent=agent, school=School(id=SCHOOL))


def test_an_agent_trades_its_code_and_then_uses_its_own_account(console: Console, tmp_path: Path) -> None:
    mine = settings(tmp_path)
    account = enrol(read_link(console.link()), mine.agent.enrolment, console.clock)
    assert (account.device, account.port, account.tls) == ("edge-1", 8883, True)
    broker = broker_of(mine)
    assert (broker.username, broker.password, broker.tls) == (account.username, account.password, True)
    assert broker.ca_file is not None
    assert broker.ca_file.read_bytes() == console.files.authority.read_bytes()
    assert mine.agent.enrolment.stat().st_mode & 0o777 == 0o600
    with pytest.raises(SettingsError, match="this agent is 'edge-2'"):
        broker_of(settings(tmp_path, "edge-2"))


def test_a_code_is_refused_the_second_time_with_the_reason(console: Console, tmp_path: Path) -> None:
    link = read_link(console.link())
    enrol(link, tmp_path / "a.json", console.clock)
    with pytest.raises(Unavailable, match="used or has expired"):
        enrol(link, tmp_path / "b.json", console.clock)
    assert not (tmp_path / "b.json").exists()


def test_an_agent_gives_its_code_to_nobody_with_another_authority(console: Console, tmp_path: Path) -> None:
    address, _, _ = console.link().rpartition(".")
    with pytest.raises(SettingsError, match="somebody may sit between"):
        enrol(read_link(f"{address}.{'0' * 64}"), tmp_path / "a.json", console.clock)
    with pytest.raises(Unavailable, match="certificate verify failed"):
        enrol(read_link(address), tmp_path / "a.json", console.clock)  # no public authority knows it
    assert enrol(read_link(console.link()), tmp_path / "a.json", console.clock).device == "edge-1"


def test_guessing_codes_is_slowed_down(console: Console, tmp_path: Path) -> None:
    link = read_link(console.link())
    for _ in range(5):
        with pytest.raises(Unavailable, match="not known"):
            enrol(msgspec.structs.replace(link, code="GUESS"), tmp_path / "a.json", console.clock)
    with pytest.raises(Unavailable, match="too many"):
        enrol(link, tmp_path / "a.json", console.clock)


def test_an_agent_renews_its_account_when_it_is_old_enough(console: Console, tmp_path: Path) -> None:
    mine = settings(tmp_path)
    first = enrol(read_link(console.link()), mine.agent.enrolment, console.clock)
    renewals = Renewals(mine.agent.enrolment, Remote(mine, console.clock), console.clock)
    assert not renewals.step()
    console.clock.advance(timedelta(days=60))
    assert renewals.step()
    kept = load(mine.agent.enrolment)
    assert kept is not None
    assert kept.account.username != first.username
    with db.read(console.engine) as conn:
        working = [one.username for one in accounts.working(conn, console.clock.now())]
    assert working == [first.username, kept.account.username]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("http://school.example/enrol#ABC", "sent in the clear"),
        ("https://school.example/enrol", "holds no enrolment code"),
        ("ABCDE-FGHJK", "holds no enrolment code"),
    ],
)
def test_an_address_that_cannot_be_used_says_why(text: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        read_link(text)


def test_a_spoilt_account_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "enrolment.json").write_text("{")
    with pytest.raises(SettingsError, match="Enrol the agent anew"):
        broker_of(settings(tmp_path))


def test_the_facility_manager_makes_a_code_and_revokes_the_account(sign_in: SignIn) -> None:
    client = sign_in("facility")
    made = client.post("/api/v1/trust/devices/edge-1/code", json={}, headers=HEAD).json()
    assert made["link"].endswith(f"/enrol#{made['code']}")
    assert made["qr"].startswith("<svg")
    answer = trade(client, made["code"])
    assert answer["username"] == "school-1/edge-1~1"
    view = client.get("/api/v1/trust").json()
    assert next(one for one in view["devices"] if one["id"] == "edge-1")["enrolled_at"]
    after = client.post("/api/v1/trust/devices/edge-1/revoke", json={"why": "stolen"}, headers=HEAD).json()
    assert next(one for one in after["devices"] if one["id"] == "edge-1")["enrolled_at"] is None
    assert [one["what"] for one in after["steps"]] == ["revoked", "enrolled", "code_made"]
    assert "-" not in after["steps"][0]["by"]  # a name, not an id


def trade(client: TestClient, code: str) -> dict[str, str]:
    answer = client.post("/api/v1/enrolment", json={"code": code}, headers=HEAD)
    assert answer.status_code == 200, answer.text
    account: dict[str, str] = answer.json()
    return account


def test_a_stranger_is_adopted_on_the_page_of_trust(sign_in: SignIn, seeded: sa.Engine, noon: VirtualClock) -> None:
    with db.write(seeded) as conn:
        quarantine(conn, SCHOOL, "co2-new", "campus/school-1/co2-new/telemetry", noon.now(), b"hi")
    client = sign_in("facility")
    (stranger,) = [one for one in client.get("/api/v1/trust").json()["strangers"] if one["device"] == "co2-new"]
    assert [(one["topic"], one["said"][0]["text"]) for one in stranger["said"]] == [(stranger["topic"], "hi")]
    said = {"kind": "sensor", "name": "新传感器"}
    view = client.post("/api/v1/trust/strangers/co2-new/adopt", json=said, headers=HEAD).json()
    assert "co2-new" not in [one["device"] for one in view["strangers"]]
    assert "co2-new" in [one["id"] for one in view["devices"]]
