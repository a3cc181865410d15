"""A simulated school and its files, made once for the room's tests."""

from datetime import date
from pathlib import Path

import pytest

from simulator.school.files import write_files
from simulator.school.school import build_school
from simulator.school.values import SimulatedSchool

KEY = b"a key of the tests only"


@pytest.fixture(scope="session")
def school() -> SimulatedSchool:
    return build_school(7, KEY, date(2026, 9, 7))


@pytest.fixture(scope="session")
def files(school: SimulatedSchool, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("school")
    write_files(school, folder)
    return folder
