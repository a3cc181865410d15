"""Prepares the demo's folder: secrets, settings, the simulated school's files, the database and the accounts."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from campus import db
from campus.config import load, read_secret
from campus.settings import Settings
from cli.commands.init import write_secret
from cli.commands.school_files import import_school
from cli.demo import city as invented_city
from cli.demo.days import ZONE
from cli.demo.people import DemoAccount, make_accounts
from cli.demo.ports import Ports, choose_ports
from cli.wiring import open_database
from simulator.day.cameras import FENCE, STREAM
from simulator.school.files import write_files
from simulator.school.fleet import RENDERED_AGENT, RENDERED_CAMERA
from simulator.school.school import build_school

SEED = 7
WHOLE_PICTURE = ((0.05, 0.05), (0.95, 0.05), (0.95, 0.95), (0.05, 0.95))  # the zone of a camera that nobody knows

SETTINGS = """\
# Written by `campus demo`; made anew at each start.
[school]
id = "school-1"

[mqtt]
port = {mqtt_port}
protocol = "{protocol}"

[broker]
folder = "{folder}/broker"

[database]
url = "sqlite:///{folder}/campus.db"

[series]
path = "{folder}/series.db"

[ingest]
clock_tolerance_s = 1800   # the day runs {speed_note}: a second of the wall is a minute here

[presence]
late_after_s = 240
silent_after_s = 420
grace_s = 600

[dashboards]
port = {console_port}

[metrics]
ingest_port = 0
alerts_port = 0
"""

EDGE = """\
# Written by `campus demo`; made anew at each start.
metrics_port = {metrics_port}

[agent]
id = "{agent}"
spool = "{folder}/edge-spool.db"
heartbeat_s = 60

[school]
id = "school-1"

[mqtt]
port = {mqtt_port}
protocol = "{protocol}"

[[cameras]]
id = "{camera}"
source = {source}
{detector}
telemetry_s = 30
zones = [{{ name = "fence", kind = "intrusion", polygon = {zone} }}]
lines = [{{ name = "path", a = [0.5, 1.0], b = [0.5, 0.0] }}]
"""


class Prepared(msgspec.Struct, frozen=True):
    """A demo folder that is ready to run."""

    settings: Settings
    config: Path
    edge_config: Path
    camera_port: int | None  # where the simulator draws the camera; None: a real one takes its place
    key_file: Path
    truth: Path
    url: str
    accounts: tuple[DemoAccount, ...]
    accounts_file: Path


def prepare(
    folder: Path,
    begin: datetime,
    port: int,
    camera: str | None,
    model: Path | None,
    say: Callable[[str], None],
    *,
    city: bool = False,
) -> Prepared:
    """Bring ``folder`` to the school day of ``begin``: files written, database migrated and imported, accounts made.

    ``city``: an invented city about the school, too.
    """
    folder, day = folder.resolve(), begin.astimezone(ZONE).date()
    folder.mkdir(parents=True, exist_ok=True)
    key_file = folder / "secrets" / "credential.key"
    if not key_file.exists():
        write_secret(key_file, secrets.token_hex(32))
    ports = choose_ports(folder, port)
    config, edge_config = _write_settings(folder, ports, camera, model)
    settings = load(Settings, config, {})
    say("Growing the school: 1,200 students, 30 classes, 3 gates, 6 cameras, a VR lab, sensors ...")
    school = build_school(SEED, read_secret(key_file, "the demo's key").encode(), day)
    write_files(school, folder / "school")
    say("Preparing the database ...")
    engine = open_database(settings)
    try:
        with db.write(engine) as conn:
            import_school(conn, settings.school, folder / "school", datetime.now(UTC))
            if city:
                invented_city.fill(conn, day, begin, settings.school.zone)
            accounts = make_accounts(conn, settings.school.id, school, folder / "accounts.txt", city=city)
    finally:
        engine.dispose()
    url = f"http://127.0.0.1:{ports.console}/"
    truth = folder / f"truth-{day.isoformat()}.jsonl"
    return Prepared(
        settings,
        config,
        edge_config,
        ports.camera if camera is None else None,
        key_file,
        truth,
        url,
        accounts,
        folder / "accounts.txt",
    )


def _write_settings(folder: Path, ports: Ports, camera: str | None, model: Path | None) -> tuple[Path, Path]:
    config, edge_config = folder / "campus.toml", folder / "edge.toml"
    protocol = "5" if find_broker() else "3.1.1"
    config.write_text(
        SETTINGS.format(
            folder=folder, mqtt_port=ports.mqtt, console_port=ports.console, protocol=protocol, speed_note="fast"
        ),
        encoding="utf-8",
    )
    edge_config.write_text(_edge_toml(folder, ports, protocol, camera, model), encoding="utf-8")
    return config, edge_config


def find_broker() -> str | None:
    """Mosquitto's path, or None: then the stand-in broker speaks MQTT 3.1.1 only."""
    from cli.programs.broker import find_mosquitto

    return find_mosquitto()


def _edge_toml(folder: Path, ports: Ports, protocol: str, camera: str | None, model: Path | None) -> str:
    source, zone = f"http://127.0.0.1:{ports.camera}{STREAM}", FENCE
    if camera is not None:
        source, zone = str(Path(camera).resolve()) if Path(camera).exists() else camera, WHOLE_PICTURE
    detector = 'detector = "motion"'
    if model is not None:
        detector = f'detector = "{_model_kind(model)}"\nmodel = {_quoted(str(model.resolve()))}'
    return EDGE.format(
        folder=folder, metrics_port=ports.metrics, mqtt_port=ports.mqtt, protocol=protocol, source=_quoted(source),
        detector=detector, zone=[list(corner) for corner in zone], agent=RENDERED_AGENT, camera=RENDERED_CAMERA,
    )  # fmt: skip


def _model_kind(model: Path) -> str:
    name = model.name.lower()
    for kind in ("yolox", "fastestdet"):
        if kind in name:
            return kind
    raise click.BadParameter(f"{model.name}: name the file after its kind, yolox or fastestdet", param_hint="--model")


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode()
