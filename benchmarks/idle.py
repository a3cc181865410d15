"""What the programs of a school cost while nothing happens: `python -m benchmarks.idle [--seconds 60]`.

A simulated school of 1,200 students with a real Mosquitto, ingest, alerts (two webhooks), the console and an edge
agent with a simulated VR lab, as the programs they are. Told is the CPU of each, in percent of one core, by /proc: in
a school where no device speaks, then in a quiet night with a message every half second.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from benchmarks.crashes import ROOT, free_port
from campus import codec, db
from campus.clock import SystemClock, to_ms
from campus.events import Reading
from campus.mqtt.client import MqttClient
from campus.settings import Settings
from cli.demo.folder import Prepared, prepare
from cli.programs.broker import Listener, Mosquitto, find_mosquitto
from cli.programs.session import declare
from devices.tables import devices
from simulator.school.fleet import RENDERED_AGENT

MORE = """
[alerts]
webhooks = [
    { name = "post", url = "http://127.0.0.1:9/a" },
    { name = "spare", url = "http://127.0.0.1:9/b" },
]
"""
EDGE = """
[agent]
id = "{agent}"
spool = "{folder}/edge-spool.db"
[school]
id = "school-1"
[mqtt]
port = {port}
[secrets]
credential_key = "{key}"
[[labs]]
id = "lab-1"
sessions_per_hour = 1
"""
SETTLE_S = 20.0
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """Seconds of CPU that a process took."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def start(prepared: Prepared, folder: Path) -> dict[str, subprocess.Popen[bytes]]:
    """The programs of the school."""
    edge = folder / "idle-edge.toml"
    edge.write_text(EDGE.format(folder=folder, agent=RENDERED_AGENT, key="k" * 32, port=prepared.settings.mqtt.port))
    prepared.config.write_text(prepared.config.read_text() + MORE)
    running = {}
    for name in ("ingest", "alerts", "dashboards", "edge"):
        config = edge if name == "edge" else prepared.config
        with (folder / f"{name}.log").open("ab") as log:
            command = [sys.executable, "-m", "cli.main", name, "--config", str(config)]
            environment = {**os.environ, "PYTHONPATH": str(ROOT)}
            running[name] = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    return running


def speak(settings: Settings, stop: threading.Event) -> None:
    """A reading of one sensor after the other, two a second."""
    engine = db.open_engine(settings.database.url)
    with db.read(engine) as conn:
        names = list(conn.execute(sa.select(devices.c.id).where(devices.c.kind == "sensor")).scalars())
    engine.dispose()
    client, clock, number = MqttClient(settings.mqtt, "idle-devices"), SystemClock(), 0
    client.start()
    client.wait_connected(10)
    while not stop.wait(0.5):
        reading = Reading(ts=to_ms(clock.now()), values={"temperature": 20.0 + number % 3})
        topic = f"campus/{settings.school.id}/{names[number % len(names)]}/telemetry"
        client.publish(topic, codec.encode_readings((reading,)))
        number += 1
    client.stop()


def watch(running: dict[str, int], seconds: float) -> dict[str, float]:
    """Percent of a core of each program over ``seconds``."""
    before, began = {name: cpu_s(pid) for name, pid in running.items()}, time.monotonic()
    time.sleep(seconds)
    spent = time.monotonic() - began
    return {name: 100 * (cpu_s(pid) - before[name]) / spent for name, pid in running.items()}


def main() -> None:
    """Print the rows of `docs/measurements.md`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepared = prepare(folder, datetime.now(UTC), free_port(), None, None, lambda _line: None)
        broker = Mosquitto(find_mosquitto() or "mosquitto", Listener(port=prepared.settings.mqtt.port), folder / "b")
        broker.start()
        declare(prepared.settings)
        running = start(prepared, folder)
        stop, pids = threading.Event(), {one: process.pid for one, process in running.items()}
        night = threading.Thread(target=speak, args=(prepared.settings, stop))
        try:
            time.sleep(SETTLE_S)
            for one in running:
                assert running[one].poll() is None, (folder / f"{one}.log").read_text()[-2000:]
            silent = watch(pids, seconds)
            night.start()
            time.sleep(SETTLE_S / 4)
            quiet = watch(pids, seconds)
        finally:
            stop.set()
            for process in running.values():
                process.terminate()
            for process in running.values():
                process.wait(60)
            broker.stop()
    print("| program | no device speaks | two messages a second |\n|---|---|---|")
    for one in pids:
        print(f"| `campus {one}` | {silent[one]:.1f} % | {quiet[one]:.1f} % |")


if __name__ == "__main__":
    main()
