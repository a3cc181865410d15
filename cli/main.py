"""The `campus` command: one part each, or everything at once."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from campus import __version__, logs
from campus.errors import CampusError
from cli.commands.calendar import calendar
from cli.commands.certificate import certificate
from cli.commands.channels import channels
from cli.commands.codes import codes
from cli.commands.devices import devices
from cli.commands.edge import edge
from cli.commands.incidents import incidents
from cli.commands.models import models
from cli.options import CONFIG, load_settings, the_clock
from cli.parts import Commands

if TYPE_CHECKING:
    from dashboards.access.roles import Role


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="campus")
def campus() -> None:
    """Campus IoT and safety monitoring: telemetry joined with attendance and timetable."""
    logs.set_up(os.environ.get("CAMPUS_LOG_LEVEL", "INFO"))


@campus.command()
@click.option("--camera", help="A video FILE, an RTSP or HTTP URL, or a webcam's INDEX, in place of the drawn camera.")
@click.option(
    "--model", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A YOLOX or FastestDet ONNX file."
)
@click.option("--speed", default=60.0, show_default=True, help="How many times as fast as the wall the day runs.")
@click.option("--port", default=8080, show_default=True, help="The console's port; the next free one if it is taken.")
@click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), default=Path("demo-data"), show_default=True
)
@click.option("--start", default="06:50", show_default=True, help="Local time at which the simulated day begins.")
@click.option("--city", is_flag=True, help="An invented city about the school: the bureau's map with twelve schools.")
def demo(camera: str | None, model: Path | None, speed: float, port: int, folder: Path, start: str, city: bool) -> None:
    """Run a simulated school day with a living console."""
    from cli.demo.run import Options, run

    sys.exit(run(Options(folder, speed, port, start, camera, model, city)))


@campus.command()
@CONFIG
def up(config_path: Path | None) -> None:
    """Run everything for a real school, from campus.toml."""
    from cli.programs.up import run

    sys.exit(run(load_settings(config_path), config_path or Path("campus.toml")))


@campus.command()
@CONFIG
@click.option("--partition", help="Which part of the schools this process takes, like 2/8.")
def ingest(config_path: Path | None, partition: str | None) -> None:
    """Broker to truth: consume messages, store them, raise alarms."""
    from cli.wiring import run_ingest

    if partition:
        os.environ["CAMPUS_INGEST__PARTITION"] = partition
    sys.exit(run_ingest(load_settings(config_path), the_clock()))


@campus.command()
@CONFIG
def alerts(config_path: Path | None) -> None:
    """Deliver alarms and follow up."""
    from cli.programs.alerts import run_alerts

    sys.exit(run_alerts(load_settings(config_path), the_clock()))


@campus.command()
@CONFIG
def dashboards(config_path: Path | None) -> None:
    """Serve the console."""
    from cli.programs.console import run_dashboards

    sys.exit(run_dashboards(load_settings(config_path), the_clock()))


@campus.command()
@CONFIG
@click.option("--real-camera", is_flag=True, help="Be silent about cam-1: an edge agent speaks for it.")
@click.option("--camera-port", type=int, help="Serve the drawn cam-1 as MJPEG here, for an edge agent to watch.")
@click.option("--seed", default=7, show_default=True)
@click.option("--truth", type=click.Path(dir_okay=False, path_type=Path), help="Write what truly happens to this file.")
def simulate(
    config_path: Path | None, real_camera: bool, camera_port: int | None, seed: int, truth: Path | None
) -> None:
    """Play a school that does not exist, over MQTT."""
    from cli.commands.simulate import run

    sys.exit(run(load_settings(config_path), the_clock(), seed, real_camera, camera_port, truth))


@campus.command()
@CONFIG
def doctor(config_path: Path | None) -> None:
    """Say what is missing or misconfigured, with the fix. Exit code 1 when something must be mended."""
    from cli.commands.doctor import examine

    worst = 0
    for finding in examine(load_settings(config_path)):
        sign = {"ok": click.style("ok     ", "green"), "warning": click.style("warning", "yellow")}
        click.echo(f"{sign.get(finding.verdict, click.style('problem', 'red'))}  {finding.what}: {finding.says}")
        if finding.fix:
            click.echo(f"         -> {finding.fix}")
        worst = max(worst, int(finding.verdict == "problem"))
    sys.exit(worst)


@campus.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path())
def init(folder: Path) -> None:
    """Write campus.toml, edge.toml and the secrets of a new school into FOLDER."""
    from cli.commands.init import write_new_school

    for line in write_new_school(folder, datetime.now(UTC)):
        click.echo(line)


@campus.command()
@CONFIG
def migrate(config_path: Path | None) -> None:
    """Bring the database to the newest schema."""
    from campus import db

    engine = db.open_engine(load_settings(config_path).database.url)
    db.migrate(engine)
    click.echo(f"The database has schema {db.newest_revision()}.")
    engine.dispose()


@campus.command(name="import")
@CONFIG
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--confirm", is_flag=True, help="Also when more than a fifth of the students would go.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def import_(config_path: Path | None, dry_run: bool, confirm: bool, folder: Path) -> None:
    """Import a school's roster, places, devices, bells, timetable, calendar, leave and credentials."""
    from campus import db
    from cli.commands.school_files import import_school
    from cli.wiring import open_database

    settings = load_settings(config_path)
    engine = open_database(settings)
    try:
        with db.write(engine) as conn:
            for line in import_school(conn, settings.school, folder, datetime.now(UTC), confirmed=confirm):
                click.echo(line)
            if dry_run:
                raise _DryRun
    except _DryRun:
        click.echo("Dry run: nothing was changed.")
    finally:
        engine.dispose()


class _DryRun(Exception):
    """Ends the import's transaction without keeping it."""


@campus.command(name="add-account")
@CONFIG
@click.argument("login")
@click.option(
    "--role",
    required=True,
    type=click.Choice(["guard", "teacher", "office", "doctor", "facility", "head", "bureau", "admin"]),
)
@click.option("--name", required=True, help="The name shown in the console.")
@click.option("--teacher", default="", help="The teacher's id in the roster, for the role teacher.")
@click.option("--district", help="The only district that an account of the role bureau sees.")
@click.option("--password-file", type=click.Path(path_type=Path), help="Read the password from here, and do not ask.")
def add_account(
    config_path: Path | None,
    login: str,
    role: Role,
    name: str,
    teacher: str,
    district: str | None,
    password_file: Path | None,
) -> None:
    """Make an account for the console; its password is asked for."""
    from campus import db
    from campus.config import read_secret
    from cli.wiring import open_database
    from dashboards.access.accounts import create_account

    settings = load_settings(config_path)
    if password_file is not None:
        password = read_secret(password_file, "--password-file")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    engine = open_database(settings)
    with db.write(engine) as conn:
        create_account(
            conn, settings.school.id, login, name, role, password, datetime.now(UTC), teacher, district=district
        )
    engine.dispose()
    click.echo(f"{login} may sign in as {role}.")


@campus.command(name="broker", hidden=True)
@click.option("--port", required=True, type=int)
def in_process_broker(port: int) -> None:
    """The stand-in broker of machines without Mosquitto: no persistence."""
    from cli.programs.standin_broker import run

    sys.exit(run(port))


campus.add_command(devices)
campus.add_command(calendar)
campus.add_command(certificate)
campus.add_command(edge)
campus.add_command(models)
campus.add_command(codes)
campus.add_command(incidents)
campus.add_command(channels)


def main() -> None:
    """Run the command; a mistake of the user's is told in one sentence, not in a stack trace."""
    try:
        campus()
    except CampusError as error:
        click.echo(f"campus: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
