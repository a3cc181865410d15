"""A simulated school in a database, made once and copied for each test."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from campus import db
from campus.settings import School
from cli.commands.school_files import import_school
from simulator.school.files import write_files
from simulator.school.school import build_school
from simulator.school.values import SimulatedSchool
from tests.conftest import unhurried

KEY = b"a key for tests only, 32 bytes.."
DAY = date(2026, 9, 7)  # a Monday


@pytest.fixture(scope="session")
def school() -> SimulatedSchool:
    """The school that does not exist."""
    return build_school(7, KEY, DAY)


@pytest.fixture(scope="session")
def school_template(tmp_path_factory: pytest.TempPathFactory, migrated_template: Path, school: SimulatedSchool) -> Path:
    """A database into which the school was imported."""
    folder = tmp_path_factory.mktemp("school")
    path = folder / "campus.db"
    path.write_bytes(migrated_template.read_bytes())
    write_files(school, folder / "files")
    engine = db.open_engine(f"sqlite:///{path}")
    with db.write(engine) as conn:
        import_school(conn, School(id=school.id), folder / "files", datetime(2026, 9, 1, tzinfo=UTC))
    with engine.connect() as conn:
        conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture
def school_engine(tmp_path: Path, school_template: Path) -> Iterator[sa.Engine]:
    """A fresh copy of the school's database."""
    path = tmp_path / "campus.db"
    path.write_bytes(school_template.read_bytes())
    engine = unhurried(path)
    yield engine
    engine.dispose()
