"""Fixtures of the attendance tests: the small school in a database, and its Monday."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from attendance_play import Play, fill, local

from campus import db


@pytest.fixture
def filled(engine: sa.Engine, tmp_path: Path) -> sa.Engine:
    """A migrated database with the small school in it."""
    with db.write(engine) as conn:
        fill(conn, tmp_path, local("06:40"))
    return engine


@pytest.fixture
def play(filled: sa.Engine) -> Play:
    """The small school's Monday, planned at 06:50."""
    made = Play(filled)
    made.tick(made.at("06:50"))
    return made
