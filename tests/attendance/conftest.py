"""Fixtures of the attendance tests: the small school in a database, and its Monday."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa
from attendance_play import Play, fill, local

from campus import db
from tests.conftest import made_once


@pytest.fixture(scope="session")
def small_school(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the small school's sheets and its ``campus.db``, to be copied."""

    def fill_it(engine: sa.Engine, folder: Path) -> None:
        with db.write(engine) as conn:
            fill(conn, folder, local("06:40"))

    return made_once(tmp_path_factory, "small-school", fill_it)


@pytest.fixture
def filled(engine: sa.Engine, small_school: Path, tmp_path: Path) -> sa.Engine:
    """A migrated database with the small school in it."""
    shutil.copytree(small_school, tmp_path, dirs_exist_ok=True)
    return engine


@pytest.fixture
def play(filled: sa.Engine) -> Play:
    """The small school's Monday, planned at 06:50."""
    made = Play(filled)
    made.tick(made.at("06:50"))
    return made
