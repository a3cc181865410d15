"""The page for integrators: its examples run against a console, its scopes and codes are those of the code."""

import os
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from console_seed import SCHOOL

from campus import db
from dashboards.access import tokens
from dashboards.access.tokens import SCOPES
from dashboards.deps import Deps
from dashboards.problems import MEANINGS
from dashboards.server import serve
from tests.conftest import free_port
from tests.flow.running_school import eventually

PAGE = (Path(__file__).parents[2] / "docs/reference/api.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
# What each example prints at its end, in the order of the page.
PRINTS = ('"role":"integrator"', "304", '"raised_at"', "seen by the city", '"code":"forbidden"')


@pytest.fixture
def shell(deps: Deps, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of the examples: a console over a real socket and a token for it."""
    with db.write(deps.engine) as conn:
        _, token = tokens.make(conn, SCHOOL, "city", ["alarms.read", "alarms.act"], (), deps.wall.now(), 1)
    port, stop = free_port(), threading.Event()
    own = msgspec.structs.replace(deps, dashboards=msgspec.structs.replace(deps.dashboards, port=port))
    thread = threading.Thread(target=serve, args=(own, stop))
    thread.start()
    env = os.environ | {"CAMPUS": f"http://127.0.0.1:{port}", "TOKEN": token}
    probe = ["curl", "-sf", f"{env['CAMPUS']}/healthz"]
    eventually(lambda: subprocess.run(probe, capture_output=True, check=False).returncode == 0)
    yield env
    stop.set()
    thread.join()


def test_every_example_runs_as_it_stands(shell: dict[str, str], tmp_path: Path) -> None:
    assert len(EXAMPLES) == len(PRINTS)
    for example, prints in zip(EXAMPLES, PRINTS, strict=True):
        done = subprocess.run(
            ["sh", "-euc", example], env=shell, cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert prints in done.stdout, (example, done.stdout[:500])


def test_every_scope_is_on_the_page_and_no_other() -> None:
    table = PAGE.split("| scope | opens |", 1)[1].split("\n\n", 1)[0]
    first = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert {name for cell in first for name in re.findall(r"`([a-z.]+)`", cell)} == SCOPES


def test_every_code_on_the_page_is_one_that_the_interface_gives() -> None:
    codes = set(re.findall(r"^\| \d{3} \| `(\w+)`", PAGE, re.MULTILINE))
    known = {code for _, _, code in MEANINGS} | {"too_many_requests"}
    assert codes <= known
    assert {"sign_in_needed", "forbidden", "not_found", "conflict", "invalid", "unavailable"} <= codes
