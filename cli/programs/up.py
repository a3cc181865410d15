"""`campus up`: the broker and every program of a real school, kept running until a signal."""

from __future__ import annotations

import signal
import threading
from collections.abc import Sequence
from pathlib import Path

import click

from campus.errors import Unavailable
from campus.settings import Settings
from cli.programs.broker import Listener, Mosquitto, find_mosquitto, is_listening
from cli.programs.lock import only_one
from cli.programs.session import declare
from cli.programs.supervise import Program, Supervisor


def run(settings: Settings, config: Path) -> int:
    """Run until SIGINT or SIGTERM; return the exit code."""
    stop = stop_event()
    data = settings.series.path.parent
    with only_one(data):
        broker = start_broker(settings)
        try:
            declare(settings)
            click.echo(f"The console is at {console_url(settings)} (Ctrl-C stops everything cleanly).")
            environment = {"CAMPUS_CONFIG": str(config)} if config.exists() else {}
            charges = [broker] if broker is not None else []
            Supervisor(programs(settings), environment, data / "logs", charges).run(stop)
        finally:
            if broker is not None:
                broker.stop()
    return 0


def programs(settings: Settings) -> Sequence[Program]:
    """The parts of a school, in starting order."""
    parts = [Program("ingest", ("ingest",)), Program("alerts", ("alerts",)), Program("dashboards", ("dashboards",))]
    if settings.roster.kept:
        parts.append(Program("roster", ("roster", "keep")))
    if settings.edge.config is not None:
        parts.append(Program("edge", ("edge", "--config", str(settings.edge.config))))
    return parts


def console_url(settings: Settings) -> str:
    """What a person types."""
    return settings.dashboards.base_url or f"http://{settings.dashboards.host}:{settings.dashboards.port}/"


def stop_event() -> threading.Event:
    """An event that SIGINT and SIGTERM set."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def start_broker(settings: Settings) -> Mosquitto | None:
    """Our own Mosquitto, or None when the settings name another or one answers already."""
    if not settings.broker.embedded:
        return None
    if is_listening(settings.mqtt.host, settings.mqtt.port):
        click.echo(f"A broker answers on {settings.mqtt.host}:{settings.mqtt.port} already; it is used as it is.")
        return None
    program = find_mosquitto()
    if program is None:
        raise Unavailable("Mosquitto", "it is not installed; apt-get install mosquitto (macOS: brew install mosquitto)")
    section = settings.broker
    listener = Listener(
        host=section.host,
        port=settings.mqtt.port,
        tls_port=section.tls_port,
        password_file=section.password_file,
        acl_file=section.acl_file,
        cert_file=section.cert_file,
        key_file=section.key_file,
    )
    broker = Mosquitto(program, listener, section.folder)
    broker.start()
    return broker
