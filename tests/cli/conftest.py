"""The `campus` command as a person runs it: a process with a folder, its words and its exit code."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.running import Run, Running

ROOT = Path(__file__).parents[2]


@pytest.fixture
def environment() -> dict[str, str]:
    """The environment of a person who has set nothing, but finds our packages."""
    mine = {key: value for key, value in os.environ.items() if not key.startswith("CAMPUS_")}
    return {**mine, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


@pytest.fixture
def campus(tmp_path: Path, environment: dict[str, str]) -> Run:
    """Runs ``campus`` with arguments to its end."""

    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "cli.main", *arguments], cwd=tmp_path, env={**environment, **more}, text=True,
            capture_output=True, timeout=120, check=False,
        )  # fmt: skip

    return run


@pytest.fixture
def start(tmp_path: Path, environment: dict[str, str]) -> Iterator[Callable[..., Running]]:
    """Starts ``campus`` with arguments; stopped at the end of the test."""
    running: list[Running] = []

    def begin(*arguments: str, **more: str) -> Running:
        running.append(Running(*arguments, folder=tmp_path, environment={**environment, **more}))
        return running[-1]

    yield begin
    for one in running:
        one.end()
