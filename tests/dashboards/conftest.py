"""A seeded school for the console's tests: made once, copied for each test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import console_seed
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.testclient import TestClient

from attendance.rollbook import RollBook
from campus.clock import VirtualClock
from campus.series.sqlite import SqliteSeries
from campus.settings import Dashboards
from cli.joins.people import SchoolPeople
from cli.joins.school_calendar import SchoolCalendar
from dashboards.app import create_app
from dashboards.deps import Deps
from tests.conftest import unhurried

BASE = "http://console.test"
SignIn = Callable[[str], TestClient]


@pytest.fixture
def noon() -> VirtualClock:
    """The clock at the seeded school: 10:12 on Monday."""
    return VirtualClock(console_seed.NOW)


@pytest.fixture
def deps(seeded_school: Path, tmp_path: Path, noon: VirtualClock) -> Iterator[Deps]:
    """The console's dependencies on a fresh copy of the seeded school; both clocks are the virtual one."""
    for name in ("campus.db", "series.db"):
        (tmp_path / name).write_bytes((seeded_school / name).read_bytes())
    engine = unhurried(tmp_path / "campus.db")
    series = SqliteSeries(tmp_path / "series.db")
    settings = Dashboards(base_url=BASE, files=tmp_path / "files")
    yield Deps(
        engine=engine, series=series, clock=noon, wall=noon, dashboards=settings,
        people=SchoolPeople(RollBook(console_seed.ZONE)), calendar=SchoolCalendar(console_seed.ZONE),
    )  # fmt: skip
    series.close()
    engine.dispose()


@pytest.fixture
def seeded(deps: Deps) -> sa.Engine:
    """The seeded database."""
    return deps.engine


@pytest.fixture
def app(deps: Deps) -> FastAPI:
    """The console."""
    return create_app(deps)


@pytest.fixture
def sign_in(app: FastAPI) -> Iterator[SignIn]:
    """Signs a login in and returns a client that keeps its cookie and says its origin."""
    clients: list[TestClient] = []

    def enter(login: str) -> TestClient:
        client = TestClient(app, base_url=BASE, headers={"Origin": BASE}, follow_redirects=False)
        client.__enter__()
        clients.append(client)
        answer = client.post("/sign-in", data={"login": login, "password": console_seed.PASSWORD})
        assert answer.status_code == 303, answer.text
        return client

    yield enter
    for client in clients:
        client.__exit__(None, None, None)
