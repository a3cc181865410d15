"""`campus devices firmware`: what runs where, files that were signed, campaigns that bring them to agents."""

from __future__ import annotations

from pathlib import Path

import click

from cli.commands.campaigns import HOURS, TOLERATE, add_campaign_commands
from cli.commands.device_registry import JSON, told
from cli.options import BY, CONFIG, database, load_settings

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def firmware() -> None:
    """Keep agents up to date: see versions, sign a file, bring it to one, ten, all."""


@firmware.command(name="list")
@CONFIG
@JSON
def list_(config_path: Path | None, as_json: bool) -> None:
    """List the versions that run, by kind and model, and the files there are."""
    from devices.firmware.inventory import files, running

    with database(load_settings(config_path)) as (conn, school, _now):
        found, there = running(conn, school), files(conn, school)
    if as_json:
        return told({"running": found, "files": there})
    for one in found:
        old = "OLD" if one.old else ""
        click.echo(f"{one.kind:<8} {one.model:<16} {one.version:<10} {len(one.devices):>5} {old:<3} {one.devices[0]}")
    for file in there:
        click.echo(f"{file.id}  {file.model} {file.version}  {file.size} bytes  {file.url}")
    return None


@firmware.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def key(file: Path) -> None:
    """Make a signing key in FILE and show its public half for `edge.toml`; keep FILE off the platform's machine."""
    from devices.firmware.signing import make_key

    click.echo(f'[firmware]\npublic_key = "{make_key(file)}"')


@firmware.command()
@click.option("--key", "key_file", required=True, type=FILE, help="The private key.")
@click.option("--model", default="agent", show_default=True)
@click.argument("file", type=FILE)
@click.argument("version")
def sign(key_file: Path, model: str, file: Path, version: str) -> None:
    """Sign FILE as VERSION; writes FILE.signed.json beside it."""
    import msgspec

    from devices.firmware.signing import sign as sign_file

    beside = file.with_name(file.name + ".signed.json")
    beside.write_bytes(msgspec.json.encode(sign_file(key_file, file, model, version)))
    click.echo(f"{beside} is written.")


@firmware.command()
@CONFIG
@BY
@click.option("--url", required=True, help="Where agents fetch the file: any web server that they reach.")
@click.argument("signed", type=FILE)
def add(config_path: Path | None, by: str, url: str, signed: Path) -> None:
    """Put the file that SIGNED (FILE.signed.json) describes on the list."""
    import msgspec

    from devices.firmware.inventory import Signed, signer
    from devices.firmware.inventory import add as add_file

    try:
        said = msgspec.json.decode(signed.read_bytes(), type=Signed)
    except msgspec.DecodeError as error:
        raise click.ClickException(f"{signed} is not what `sign` writes: {error}") from None
    settings = load_settings(config_path)
    with database(settings) as (conn, school, now):
        made = add_file(conn, school, said, url, by, now, signed_by=signer(settings.firmware.keys, said))
    click.echo(f"File {made.id}: {made.model} {made.version}.")


@firmware.command()
@CONFIG
@BY
@HOURS
@TOLERATE
@click.option("--downgrade", is_flag=True, help="Also where a newer version runs, if the agent allows it.")
@click.argument("file")
@click.argument("devices", nargs=-1, required=True)
def begin(
    config_path: Path | None, by: str, hours: str, tolerate: int, downgrade: bool, file: str, devices: tuple[str, ...]
) -> None:  # fmt: skip
    """Bring FILE (its id) to DEVICES: one first, then ten, then all; too many failures stop it."""
    from devices.control.campaigns import Plan
    from devices.firmware.campaigns import begin as begin_campaign

    with database(load_settings(config_path)) as (conn, school, now):
        plan = Plan(devices=devices, hours=hours, tolerate=tolerate)
        made = begin_campaign(conn, school, file, plan, by, now, downgrade=downgrade)
    click.echo(f"Campaign {made.id} begins with {devices[0]}.")


add_campaign_commands(firmware, "firmware", "campaigns", "start", "pause", "resume", "stop")
