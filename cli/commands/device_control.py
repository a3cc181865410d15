"""`campus devices config` and `command`: give agents their configuration, or have them do something."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from cli.commands.campaigns import HOURS, TOLERATE, add_campaign_commands
from cli.options import BY, CONFIG, database, load_settings

if TYPE_CHECKING:
    from devices.control.rollout import Effect


@click.group()
def config() -> None:
    """Give agents a configuration, by revision; see what they said to it."""


@config.command(name="list")
@CONFIG
@click.argument("device")
def list_(config_path: Path | None, device: str) -> None:
    """List the revisions of DEVICE, newest first, with what the device said."""
    from devices.control.configuration import history

    with database(load_settings(config_path)) as (conn, school, _now):
        found = history(conn, school, device)
    for one in found:
        note = " · ".join(part for part in (one.note, one.detail) if part)
        click.echo(
            f"{one.revision:>5}  {one.made_at.isoformat(timespec='seconds')}  {one.state:<8}  {one.made_by}  {note}"
        )
    if not found:
        click.echo(f"{device} was never given a configuration: it runs with its edge.toml.")


@config.command(name="set")
@CONFIG
@BY
@click.option("--note", default="", help="Why.")
@click.argument("device")
@click.argument("file", type=click.File("rb"))
def set_(config_path: Path | None, by: str, note: str, device: str, file: IO[bytes]) -> None:
    """Give DEVICE the settings in FILE (JSON; - reads the standard input) as its next revision."""
    from devices.control.configuration import propose

    settings = _settings(file)
    with database(load_settings(config_path)) as (conn, school, now):
        made = propose(conn, school, device, settings, by, now, note)
    click.echo(f"Revision {made.revision} of {device} is sent as soon as `campus ingest` reaches the broker.")


@config.command(name="diff")
@CONFIG
@click.argument("device")
@click.argument("old", type=int)
@click.argument("new", type=int)
def diff_(config_path: Path | None, device: str, old: int, new: int) -> None:
    """Show what differs from revision OLD to revision NEW of DEVICE."""
    from devices.control.configuration import diff, get

    with database(load_settings(config_path)) as (conn, school, _now):
        changes = diff(get(conn, school, device, old).settings, get(conn, school, device, new).settings)
    for change in changes:
        click.echo(f"{change.path}: {_shown(change.old)} -> {_shown(change.new)}")
    if not changes:
        click.echo("They are the same.")


@config.command(name="back")
@CONFIG
@BY
@click.argument("device")
@click.argument("revision", type=int)
def back(config_path: Path | None, by: str, device: str, revision: int) -> None:
    """Give DEVICE again what it had as REVISION, under a new number."""
    from devices.control.configuration import roll_back

    with database(load_settings(config_path)) as (conn, school, now):
        made = roll_back(conn, school, device, revision, by, now)
    click.echo(f"Revision {made.revision} of {device} has the settings of revision {revision}.")


@config.command(name="roll-out")
@CONFIG
@BY
@click.option("--note", default="", help="Why.")
@HOURS
@TOLERATE
@click.option("--dry-run", "dry", is_flag=True, help="Only show what would change on each device.")
@click.argument("file", type=click.File("rb"))
@click.argument("devices", nargs=-1, required=True)
def roll_out(
    config_path: Path | None, by: str, note: str, hours: str, tolerate: int, dry: bool, file: IO[bytes],
    devices: tuple[str, ...],
) -> None:  # fmt: skip
    """Lay the settings in FILE over what DEVICES have: one first, then ten, then all; too many failures stop it."""
    from devices.control.campaigns import Plan
    from devices.control.rollout import begin, effects

    settings = _settings(file)
    with database(load_settings(config_path)) as (conn, school, now):
        if dry:
            return _show_effects(effects(conn, school, devices, settings))
        plan = Plan(devices=devices, hours=hours, tolerate=tolerate, note=note)
        made = begin(conn, school, settings, plan, by, now)
    click.echo(f"Roll-out {made.id} begins with {made.devices[0]}.")
    return None


def _show_effects(found: list[Effect]) -> None:
    for one in found:
        click.echo(f"{one.device} (revision {one.revision})" + ("" if one.changes else ": has all of it already"))
        for change in one.changes:
            click.echo(f"  {change.path}: {_shown(change.old)} -> {_shown(change.new)}")


@config.group(name="roll-outs")
def roll_outs() -> None:
    """See roll-outs, pause them, go on, stop them, take them back."""


add_campaign_commands(roll_outs, "configuration", "list", "start", "pause", "resume", "stop", "back")


@click.command()
@CONFIG
@BY
@click.option("--timeout", default=60.0, show_default=True, help="Seconds within which an answer counts.")
@click.argument("device")
@click.argument("name")
def command(config_path: Path | None, by: str, timeout: float, device: str, name: str) -> None:
    """Have the agent DEVICE do NAME: ping, identify, restart, "still CAMERA" (now) or "kept CAMERA".

    `campus devices commands` shows its answer; stills go to the newest alarm of the camera.
    """
    from datetime import timedelta

    from devices.control.commands import ask

    with database(load_settings(config_path)) as (conn, school, now):
        asked = ask(conn, school, device, name, by, now, timedelta(seconds=timeout))
    click.echo(f"Command {asked.id} is sent as soon as `campus ingest` reaches the broker.")


@click.command(name="commands")
@CONFIG
@click.argument("device")
def commands_(config_path: Path | None, device: str) -> None:
    """List the commands to DEVICE, newest first, with its answers."""
    from devices.control.commands import history

    with database(load_settings(config_path)) as (conn, school, _now):
        found = history(conn, school, device)
    for one in found:
        asked_at = one.asked_at.isoformat(timespec="seconds")
        click.echo(f"{asked_at}  {one.name:<8}  {one.state:<7}  {one.asked_by}  {one.detail}")
    if not found:
        click.echo(f"{device} was never given a command.")


def _settings(file: IO[bytes]) -> dict[str, Any]:
    import msgspec

    try:
        return msgspec.json.decode(file.read(), type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file.name} is no JSON object: {error}") from None


def _shown(value: object) -> str:
    import msgspec

    return "nothing" if value is None else msgspec.json.encode(value).decode()
