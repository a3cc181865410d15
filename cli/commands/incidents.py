"""`campus incidents`: list incidents, write one as a CAP message."""

from __future__ import annotations

import sys
from pathlib import Path

import click

CONFIG = click.option(
    "--config", "config_path", type=click.Path(dir_okay=False, path_type=Path), envvar="CAMPUS_CONFIG"
)


@click.group()
def incidents() -> None:
    """List evacuations, lockdowns and drills; write one as a CAP 1.2 message."""


@incidents.command(name="list")
@CONFIG
def list_(config_path: Path | None) -> None:
    """List the incident that runs and the last ones that ended."""
    from alerts.incidents.incidents import current, past
    from campus import db
    from cli.options import load_settings
    from cli.wiring import open_database

    settings = load_settings(config_path)
    engine = open_database(settings)
    with db.read(engine) as conn:
        running = current(conn, settings.school.id)
        found = [*([running] if running else []), *past(conn, settings.school.id)]
    engine.dispose()
    for one in found:
        kind = f"{one.kind} (drill)" if one.exercise else one.kind
        ended = one.closed_at.isoformat(timespec="seconds") if one.closed_at else "runs"
        click.echo(f"{one.id}  {one.opened_at.isoformat(timespec='seconds')}  {ended}  {kind}")
    if not found:
        click.echo("There is no incident on record.")


@incidents.command()
@CONFIG
@click.option("--sender", required=True, help="What names the school world-wide, like alarms@school.example.")
@click.option("--all-clear", is_flag=True, help="Write the message that it is over.")
@click.argument("incident_id")
def cap(config_path: Path | None, sender: str, all_clear: bool, incident_id: str) -> None:
    """Write INCIDENT_ID as a CAP 1.2 message to the standard output."""
    from alerts.incidents.cap import all_clear_to_cap, incident_to_cap
    from alerts.incidents.incidents import incident
    from alerts.rules.rule import Bilingual
    from attendance.tables import schools
    from campus import db
    from cli.options import load_settings
    from cli.wiring import open_database

    settings = load_settings(config_path)
    engine = open_database(settings)
    with db.read(engine) as conn:
        found = incident(conn, settings.school.id, incident_id)
        named = conn.execute(schools.select().where(schools.c.id == settings.school.id)).first()
    engine.dispose()
    name = named.name if named else settings.school.id
    write = all_clear_to_cap if all_clear else incident_to_cap
    try:
        message = write(found, sender, Bilingual(zh=name, en=name), settings.school.zone)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    sys.stdout.buffer.write(message + b"\n")
