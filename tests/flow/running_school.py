"""A whole school as it runs: ingest, alerts and dashboards as processes of their own."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import httpx
import sqlalchemy as sa

from campus import codec, db, topics
from campus.clock import ScaledClock, to_ms
from campus.events import Event, Reading, Status
from campus.mqtt.client import MqttClient
from campus.settings import Mqtt
from cli.main import load_settings
from cli.programs.session import declare
from dashboards.access.accounts import create_account
from dashboards.access.roles import Role
from simulator.school.values import SimulatedSchool

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery staple"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PROGRAMS = ("ingest", "alerts", "dashboards")

SETTINGS = """\
[mqtt]
port = {mqtt_port}
[database]
url = "{database}"
[series]
path = "{folder}/series.db"
[presence]
grace_s = 1
[[alerts.webhooks]]
name = "post"
url = "{webhook}"
secret = "{secret}"
[dashboards]
port = {port}
base_url = "http://127.0.0.1:{port}"
[metrics]
ingest_port = 0
alerts_port = 0
"""


def eventually(true: Callable[[], bool], seconds: float = 30) -> bool:
    """Whether ``true`` comes true while other processes work; this is no wait for a clock."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.05)
    return False


class RunningSchool:
    """Starts the programs on ``database`` and speaks for the devices of ``school``."""

    def __init__(
        self,
        folder: Path,
        mqtt: Mqtt,
        school: SimulatedSchool,
        engine: sa.Engine,
        begins: datetime,
        port: int,
        webhook: str,
    ) -> None:
        self.folder = folder
        self.mqtt = mqtt
        self.school = school
        self.engine = engine
        self.clock = ScaledClock(begins, 1.0)
        self.url = f"http://127.0.0.1:{port}"
        self.config = folder / "campus.toml"
        self.config.write_text(
            SETTINGS.format(
                mqtt_port=mqtt.port, database=engine.url.render_as_string(hide_password=False), folder=folder,
                webhook=webhook, secret=SECRET, port=port,
            )
        )  # fmt: skip
        self._processes: list[subprocess.Popen[bytes]] = []
        self._devices = MqttClient(mqtt, "devices")
        self._clients: list[httpx.Client] = []
        self._seq = 0

    # -- the programs ----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start everything; returns when the console is well and the broker keeps messages for the pipeline."""
        declare(load_settings(self.config))
        environment = {**os.environ, "CAMPUS_CLOCK": self.clock.spec()}
        for program in PROGRAMS:
            with (self.folder / f"{program}.log").open("ab") as log:
                command = [sys.executable, "-m", "cli.main", program, "--config", str(self.config)]
                self._processes.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=ROOT))
        self._devices.start()
        assert self._devices.wait_connected(30)
        assert eventually(self._is_well, 60), self.logs()

    def stop(self) -> list[int]:
        """Ask every program to stop; the exit codes."""
        self._devices.stop()
        for client in self._clients:
            client.close()
        for process in self._processes:
            process.terminate()
        return [process.wait(timeout=30) for process in self._processes]

    def logs(self) -> str:
        """What the programs said."""
        return "\n".join((self.folder / f"{program}.log").read_text() for program in PROGRAMS)

    def _is_well(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz").status_code == 200
        except httpx.TransportError:
            return False

    # -- the devices -----------------------------------------------------------------------------------------------

    def say_status(self, device: str, state: str) -> None:
        """A device's status, as it or its last will says it."""
        status = Status(state=state, ts=to_ms(self.clock.now()), boot="b")  # type: ignore[arg-type]  # tests know states
        self._publish([(f"campus/{self.school.id}/{device}/status", codec.encode(status))], retain=True)

    def say_readings(self, device: str, *readings: Reading) -> None:
        """One telemetry message."""
        self._publish([(f"campus/{self.school.id}/{device}/telemetry", codec.encode_readings(readings))])

    def say_event(self, device: str, event: Event) -> None:
        """One event, with the next number."""
        self._seq += 1
        payload = codec.encode_event(
            event, id=f"flow-{self._seq:06d}", ts=to_ms(self.clock.now()), seq=self._seq, boot="b"
        )
        self._publish([(f"campus/{self.school.id}/{device}/event", payload)])

    def _publish(self, messages: Sequence[tuple[str, bytes]], *, retain: bool = False) -> None:
        acked = threading.Semaphore(0)
        for topic, payload in messages:
            topics.parse(topic)
            self._devices.publish(topic, payload, retain=retain, on_ack=acked.release)
        for _ in messages:
            assert acked.acquire(timeout=10)

    # -- the people ------------------------------------------------------------------------------------------------

    def sign_in(self, role: Role, teacher: str = "") -> httpx.Client:
        """A person of this role at the console."""
        with db.write(self.engine) as conn:
            create_account(conn, self.school.id, role, role, role, PASSWORD, self.clock.now(), teacher=teacher)
        client = httpx.Client(base_url=self.url, headers={"Origin": self.url})
        self._clients.append(client)
        answer = client.post("/sign-in", data={"login": role, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return client
