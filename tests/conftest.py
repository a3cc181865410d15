"""Fixtures every room's tests share: a fresh migrated database and a virtual clock."""

import fcntl
import os
import secrets
import socket
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import hypothesis
import pytest
import sqlalchemy as sa
from anyio.from_thread import start_blocking_portal
from argon2 import PasswordHasher

from campus import db
from campus.clock import VirtualClock
from campus.settings import Mqtt
from cli.programs.broker import Listener, Mosquitto, find_mosquitto
from dashboards.access import passwords
from private_postgresql import find_programs, server
from tests.dashboards import console_seed

T = TypeVar("T")
DATA = Path(__file__).parents[2] / "shared" / "data"
# The same examples in every run, so that a red run is about the change, and none is timed;
# `HYPOTHESIS_PROFILE=search` looks further.
hypothesis.settings.register_profile(
    "same", derandomize=True, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.register_profile("search", deadline=None, max_examples=1000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
# Begun first, so that no worker ends long after the others: the files of half a minute, then folders of slow ones.
SLOW_FILES = (
    "browser/test_people",
    "browser/test_accessible",
    "cli/test_demo",
    "alerts/test_alerts_scenarios",
    "edge_agent/test_tamper",
    "browser/test_accessible_states",
    "dashboards/test_access_matrix",
    "flow/test_simulated_day",
    "flow/test_one_school",
    "edge_agent/test_pets_real_video",
    "simulator/test_rendered_fence",
    "dashboards/test_openapi_holds",
)
SLOW_FOLDERS = ("browser", "flow", "simulator", "deploy", "cli", "edge_agent", "dashboards")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow files and folders first; the order within a file stays."""
    items.sort(key=lambda item: place_in_line(Path(item.path)))


def place_in_line(path: Path) -> int:
    """The smaller, the sooner a test file is begun."""
    folder = path.parent.name
    if (file := f"{folder}/{path.stem}") in SLOW_FILES:
        return SLOW_FILES.index(file)
    return len(SLOW_FILES) + (SLOW_FOLDERS.index(folder) if folder in SLOW_FOLDERS else len(SLOW_FOLDERS))


@pytest.fixture
def clock() -> VirtualClock:
    """A Monday of term, 07:00 in the school's zone (23:00 UTC the day before)."""
    return VirtualClock(datetime(2026, 9, 6, 23, 0, tzinfo=UTC))


@pytest.fixture(scope="session", autouse=True)
def real_hasher() -> Iterator[PasswordHasher]:
    """The hasher of the platform; meanwhile one that takes no time is in its place, since hundreds sign in here."""
    real = passwords._hasher
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield real


def played(scene: Callable[[], Awaitable[T]]) -> T:
    """The scene in a loop of its own thread: in this one the loop of a browser's tests may still run."""
    with start_blocking_portal() as portal:
        return portal.call(scene)


def made_once(factory: pytest.TempPathFactory, name: str, fill: Callable[[sa.Engine, Path], None]) -> Path:
    """A folder with a migrated and filled ``campus.db``: the first worker of the run makes it, the others take it."""
    folder = shared_by_workers(factory) / name
    with (folder.parent / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            making = folder.with_suffix(".making")
            making.mkdir()
            engine = unhurried(making / "campus.db")
            db.migrate(engine)
            fill(engine, making)
            with engine.connect() as conn:
                conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            engine.dispose()
            making.rename(folder)
    return folder


def shared_by_workers(factory: pytest.TempPathFactory) -> Path:
    """The folder of this run that all its workers know."""
    own = factory.getbasetemp()
    return own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own


@pytest.fixture(scope="session")
def migrated_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, made once and copied for each test."""
    return made_once(tmp_path_factory, "migrated", lambda _engine, _folder: None) / "campus.db"


@pytest.fixture(scope="session")
def seeded_school(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the seeded ``campus.db`` and ``series.db`` of the console's tests, to be copied."""
    begins = VirtualClock(console_seed.BEGINS)
    return made_once(tmp_path_factory, "console", lambda engine, folder: console_seed.seed(engine, folder, begins))


def unhurried(path: Path) -> sa.Engine:
    """The database at ``path``: no power is cut here; what is killed is tried on those that wait for the disk."""
    engine = db.open_engine(f"sqlite:///{path}")
    sa.event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous=OFF"))
    return engine


@pytest.fixture
def engine(tmp_path: Path, migrated_template: Path) -> Iterator[sa.Engine]:
    """A fresh, migrated SQLite database on disk."""
    path = tmp_path / "campus.db"
    path.write_bytes(migrated_template.read_bytes())
    made = unhurried(path)
    yield made
    made.dispose()


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A real PostgreSQL of this test run's own."""
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    # Not below pytest's own folder: a socket's path may have 107 characters, and only root may enter there.
    with tempfile.TemporaryDirectory(prefix="campus-pg-") as folder, server(programs, Path(folder) / "server") as url:
        yield url


@pytest.fixture
def postgresql(postgresql_url: str) -> Iterator[sa.Engine]:
    """A migrated PostgreSQL database of this test's own."""
    name = f"test_{secrets.token_hex(4)}"
    owner = sa.create_engine(postgresql_url, isolation_level="AUTOCOMMIT", pool_pre_ping=True)
    with owner.connect() as conn:
        conn.execute(sa.text(f"CREATE DATABASE {name}"))
    engine = db.open_engine(postgresql_url.replace("/postgres?", f"/{name}?"))
    db.migrate(engine)
    yield engine
    engine.dispose()
    with owner.connect() as conn:
        conn.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    owner.dispose()


@pytest.fixture
def real_data() -> Path:
    """The folder of real recordings; skips the test where it is absent."""
    if not DATA.is_dir():
        pytest.skip("../shared/data is absent: no real recordings on this machine")
    return DATA


def free_port() -> int:
    """A TCP port nobody uses at this moment."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.fixture
def broker_port() -> int:
    """The port the `mosquitto` fixture listens on."""
    return free_port()


@pytest.fixture
def mosquitto(tmp_path: Path, broker_port: int) -> Iterator[Mosquitto]:
    """A real Mosquitto of this test's own, persistent in its folder; may be stopped, killed and started again."""
    program = find_mosquitto()
    if program is None:
        pytest.skip("mosquitto is not installed: apt-get install mosquitto")
    broker = Mosquitto(program, Listener(port=broker_port), tmp_path / "broker")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def mqtt(mosquitto: Mosquitto, broker_port: int) -> Mqtt:
    """How to reach the `mosquitto` fixture."""
    return Mqtt(port=broker_port)
