"""Fixtures of the shared floor: a real InfluxDB, started once where the program is present."""

import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from uuid import uuid4

import httpx
import pytest

from campus import settings

INFLUX_TOKEN = "token-of-the-tests"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def influxd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """An HTTP client, signed in to a fresh influxd; its ``base_url`` is where the server listens."""
    program = shutil.which("influxd")
    if program is None:
        pytest.skip("influxd is not on PATH: install InfluxDB 2 to run the tests over it")
    home = tmp_path_factory.mktemp("influxd")
    port = _free_port()
    stores = [f"--bolt-path={home}/bolt", f"--sqlite-path={home}/sqlite", f"--engine-path={home}/engine"]
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(
            [program, *stores, f"--http-bind-address=127.0.0.1:{port}", "--reporting-disabled"], stdout=log, stderr=log
        )
    headers = {"Authorization": f"Token {INFLUX_TOKEN}"}
    retry = httpx.HTTPTransport(retries=8)  # refused connections are tried again, for about half a minute in all
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, transport=retry, timeout=30) as client:
            answer = client.post(
                "/api/v2/setup",
                json={
                    "username": "tester",
                    "password": "password-of-the-tests",
                    "org": "campus",
                    "bucket": "first",
                    "token": INFLUX_TOKEN,
                },
            )
            answer.raise_for_status()
            yield client
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture
def make_bucket(influxd: httpx.Client) -> Callable[[int], settings.Series]:
    """Makes a fresh bucket that keeps data for so many seconds (0: for ever) and gives its settings."""

    def make(keep_s: int) -> settings.Series:
        org = influxd.get("/api/v2/orgs").json()["orgs"][0]["id"]
        name = f"bucket-{uuid4().hex[:8]}"
        rules = [{"type": "expire", "everySeconds": keep_s}] if keep_s else []
        answer = influxd.post("/api/v2/buckets", json={"orgID": org, "name": name, "retentionRules": rules})
        answer.raise_for_status()
        url = str(influxd.base_url).rstrip("/")
        return settings.Series(kind="influx", url=url, org="campus", bucket=name, token=INFLUX_TOKEN)

    return make


@pytest.fixture
def influx_section(make_bucket: Callable[[int], settings.Series]) -> settings.Series:
    """Settings of a fresh, empty bucket that keeps data for ever."""
    return make_bucket(0)
