"""A campaign through a real Mosquitto: agents check, install by a hook, tell their new version; forgery stops it."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import sqlalchemy as sa

from campus import db
from campus.clock import SystemClock
from campus.series.sqlite import SqliteSeries
from campus.settings import Mqtt, Settings
from cli.wiring import IngestParts, make_ingest
from devices.control import campaigns
from devices.control.campaigns import Campaign, Plan
from devices.firmware import campaigns as firmware
from devices.firmware import inventory
from devices.firmware.signing import make_key, sign
from devices.ledger.files import import_devices
from devices.tables import device_states

ROOT = Path(__file__).parents[2]
SCHOOL = "school-1"
AGENTS = ("edge-1", "edge-2")
EDGE = """
[school]
id = "school-1"
[agent]
id = "{id}"
spool = "{folder}/edge.db"
heartbeat_s = 0.3
[mqtt]
port = {port}
[secrets]
credential_key = "0123456789abcdef"
[[labs]]
id = "lab-{id}"
[firmware]
public_key = "{key}"
folder = "{folder}/firmware"
install = ["{hook}"]
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_args: object) -> None:
        pass


class Platform:
    """The real pipeline and sender, turned by the test's own thread, and somebody who signs."""

    def __init__(self, parts: IngestParts, engine: sa.Engine, folder: Path, url: str) -> None:
        self.parts, self.engine, self.folder, self.url = parts, engine, folder, url
        self.clock = SystemClock()

    def until(self, true: Callable[[], bool], seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, "it did not happen in time"
            if batch := self.parts.intake.take(100, 0.02):
                self.parts.pipeline.process(batch)
            self.parts.pipeline.tick()
            self.parts.orders.step()

    def campaign(self, version: str, key: str = "key", served: bytes = b"") -> Campaign:
        """Sign a file with ``key``, serve it (or ``served`` in its place), and see the campaign to its end."""
        file = self.folder / f"fw-{version}"
        file.write_bytes(version.encode())
        signed = sign(self.folder / key, file, "agent", version)
        file.write_bytes(served or version.encode())
        now = self.clock.now()
        with db.write(self.engine) as conn:
            made = inventory.add(conn, SCHOOL, signed, f"{self.url}/{file.name}", "x", now)
            begun = firmware.begin(conn, SCHOOL, made.id, Plan(devices=AGENTS), "x", now)
        self.until(lambda: self.get(begun.id).state != "running")
        return self.get(begun.id)

    def get(self, campaign: str) -> Campaign:
        with db.read(self.engine) as conn:
            return campaigns.get(conn, SCHOOL, "firmware", campaign)

    def versions(self) -> dict[str, str]:
        with db.read(self.engine) as conn:
            query = sa.select(device_states.c.device, device_states.c.agent)
            return {device: version for device, version in conn.execute(query) if device in AGENTS}


@pytest.fixture
def platform(engine: sa.Engine, mqtt: Mqtt, tmp_path: Path) -> Iterator[Platform]:
    lines = [f"{id_},agent,a,a,,,,,,\nlab-{id_},lab,a,a,,{id_},,,," for id_ in AGENTS]
    (tmp_path / "devices.csv").write_text("\n".join(["id,kind,name,name_en,place,parent,model,covers,x,y", *lines, ""]))
    with db.write(engine) as conn:
        import_devices(conn, SCHOOL, tmp_path / "devices.csv", SystemClock().now())
    series = SqliteSeries(tmp_path / "series.db")
    parts = make_ingest(Settings(mqtt=mqtt), engine, series, SystemClock())
    parts.client.start()
    assert parts.client.wait_subscribed(10)
    files = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=files.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield Platform(parts, engine, tmp_path, f"http://127.0.0.1:{files.server_address[1]}")
    files.shutdown()
    thread.join()
    files.server_close()
    parts.client.stop()
    parts.sink.close()
    series.close()


@pytest.fixture
def agents(platform: Platform, mqtt: Mqtt, tmp_path: Path) -> Iterator[dict[str, Path]]:
    """Two real agents with a hook that copies the file; the folder of each."""
    key, started, folders = make_key(tmp_path / "key"), [], {}
    for id_ in AGENTS:
        folder = folders[id_] = tmp_path / id_
        folder.mkdir()
        hook = folder / "install"
        hook.write_text(f'#!/bin/sh\ncp "$1" "{folder}/current"\n')
        hook.chmod(0o755)
        config = folder / "edge.toml"
        config.write_text(EDGE.format(id=id_, folder=folder, port=mqtt.port, key=key, hook=hook))
        started.append(subprocess.Popen([sys.executable, "-m", "cli.main", "edge", "--config", str(config)], cwd=ROOT))
    yield folders
    for process in started:
        process.terminate()
    assert [process.wait(20) for process in started] == [0, 0]


@pytest.mark.broker
def test_a_campaign_goes_from_agent_to_agent_and_forgery_stops_it(
    platform: Platform, agents: dict[str, Path], tmp_path: Path
) -> None:
    platform.until(lambda: all(platform.versions().values()))
    before = platform.versions()
    done = platform.campaign("9.0.0")
    assert (done.state, tuple(done.given)) == ("done", AGENTS)
    platform.until(lambda: set(platform.versions().values()) == {"9.0.0"})
    assert "9.0.0" not in before.values()

    altered = platform.campaign("9.1.0", served=b"9.6.6")
    make_key(tmp_path / "strange")
    forged = platform.campaign("9.2.0", key="strange")
    for found, why in ((altered, "its hash is another"), (forged, "not of the key that is pinned")):
        assert (found.state, tuple(found.given)) == ("stopped", AGENTS[:1])
        assert found.reason is not None
        assert why in found.reason.detail
    assert [(folder / "current").read_text() for folder in agents.values()] == ["9.0.0", "9.0.0"]
