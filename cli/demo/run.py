"""`campus demo`: a simulated school day with a living console, set up from nothing and kept between runs."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import msgspec

from campus.clock import Clock, ScaledClock
from campus.errors import Unavailable
from campus.settings import Settings
from cli.demo.days import DemoDays
from cli.demo.folder import Prepared, prepare
from cli.programs.broker import Listener, Mosquitto, find_mosquitto, is_listening
from cli.programs.lock import only_one
from cli.programs.session import declare
from cli.programs.supervise import Program, Supervisor
from cli.programs.up import stop_event


class Options(msgspec.Struct, frozen=True):
    """What the command line asked for."""

    folder: Path
    speed: float = 60.0
    port: int = 8080
    start: str = "06:50"  # the gates open at 07:00: what is not watched from the first moment stays unknown
    camera: str | None = None
    model: Path | None = None
    city: bool = False


def run(options: Options) -> int:
    """Run day after day until a signal; return the exit code."""
    with only_one(options.folder):
        return _days(options, stop_event())


def _days(options: Options, stop: threading.Event) -> int:
    began = time.monotonic()
    _say(f"Preparing the demo in {options.folder}/ ...")
    days = DemoDays(options.folder / "state.json", options.start)
    prepared = _prepare(options, days, _say)
    broker = _start_broker(prepared.settings, options.folder)
    try:
        declare(prepared.settings)
        while not stop.is_set():
            clock = ScaledClock(days.moment(), options.speed)
            _one_day(prepared, clock, days, broker, stop, began)
            if not stop.is_set():
                _say(f"The school day of {days.today():%Y-%m-%d} is over; the next one begins.")
                days.next_day()
                prepared = _prepare(options, days, _quiet)
    finally:
        broker.stop()
    _say("Stopped. Everything is kept; the same command goes on from here.")
    return 0


def _prepare(options: Options, days: DemoDays, say: Callable[[str], None]) -> Prepared:
    moment = days.moment()
    return prepare(options.folder, moment, options.port, options.camera, options.model, say, city=options.city)


def _one_day(
    prepared: Prepared,
    clock: ScaledClock,
    days: DemoDays,
    broker: Mosquitto | StandIn,
    stop: threading.Event,
    began: float,
) -> None:
    over = threading.Event()
    environment = {
        "CAMPUS_CLOCK": clock.spec(),
        "CAMPUS_CONFIG": str(prepared.config),
        "CAMPUS_SECRETS__CREDENTIAL_KEY_FILE": str(prepared.key_file),
    }
    supervisor = Supervisor(_programs(prepared), environment, prepared.config.parent / "logs", [broker])
    thread = threading.Thread(target=supervisor.run, args=(over,), name="demo.supervisor")
    thread.start()
    try:
        if _wait_for_console(prepared, stop):
            _announce(prepared, clock, time.monotonic() - began)
        while not stop.wait(0.5) and not days.is_over(clock.now()):
            days.save(clock.now())
    finally:
        days.save(clock.now())
        over.set()
        thread.join()


def _programs(prepared: Prepared) -> Sequence[Program]:
    drawn = ("--real-camera",) if prepared.camera_port is None else ("--camera-port", str(prepared.camera_port))
    return [
        Program("ingest", ("ingest",)),
        Program("alerts", ("alerts",)),
        Program("dashboards", ("dashboards",)),
        Program("simulate", ("simulate", "--truth", str(prepared.truth), *drawn)),
        Program("edge", ("edge", "--config", str(prepared.edge_config))),
    ]


def _wait_for_console(prepared: Prepared, stop: threading.Event, patience_s: float = 60.0) -> bool:
    url = f"{prepared.url}healthz"
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline and not stop.is_set():
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own address
                return True
        except (urllib.error.URLError, OSError):
            stop.wait(0.3)
    if not stop.is_set():
        raise Unavailable("the console", f"no answer from {url}; see {prepared.config.parent / 'logs'}")
    return False


def _announce(prepared: Prepared, clock: Clock, seconds: float) -> None:
    local = clock.now().astimezone(prepared.settings.school.zone)
    _say(f"The console is alive after {seconds:.0f} s. At the school it is {local:%A %Y-%m-%d %H:%M}.")
    click.echo()
    click.echo(click.style(f"  {prepared.url}", bold=True))
    click.echo()
    for account in prepared.accounts:
        click.echo(f"  {account.login:<10} {account.password:<16} {account.shows}")
    click.echo()
    click.echo(f"  Passwords are kept in {prepared.accounts_file} (only you may read it).")
    click.echo(f"  What truly happens today is in {prepared.truth}.")
    click.echo("  Ctrl-C stops; starting again goes on from here.")


class StandIn:
    """The in-process broker as a child, where Mosquitto is missing."""

    def __init__(self, port: int, log: Path) -> None:
        self._port = port
        self._log = log
        self._start()

    def _start(self) -> None:
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "cli.main", "broker", "--port", str(self._port)],
                stdout=out, stderr=out, env={**os.environ, "CAMPUS_LOG_LEVEL": "WARNING"}, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + 15
        while not is_listening("127.0.0.1", self._port):
            if time.monotonic() > deadline or self._process.poll() is not None:
                self.stop()
                raise Unavailable("the in-process broker", f"it did not start; see {self._log}")
            time.sleep(0.1)

    def look_after(self) -> None:
        """Start it again when it ended."""
        if self._process.poll() is not None:
            self._start()

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(timeout=10)


def _start_broker(settings: Settings, folder: Path) -> Mosquitto | StandIn:
    program = find_mosquitto()
    if program is None:
        _say("Mosquitto is not installed: using the in-process broker, which keeps nothing over a stop.")
        (folder / "logs").mkdir(exist_ok=True)
        return StandIn(settings.mqtt.port, folder / "logs" / "broker.log")
    broker = Mosquitto(program, Listener(port=settings.mqtt.port), settings.broker.folder)
    broker.start()
    return broker


def _say(text: str) -> None:
    click.echo(click.style("==> ", bold=True) + text)


def _quiet(_text: str) -> None:
    """The second day needs no telling."""
