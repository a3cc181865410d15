"""`campus devices list`, `show`, `import`, `export`, `labels`, `history`, `retire`: the registry as people keep it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import BY, CONFIG, database, load_settings

if TYPE_CHECKING:
    from devices.ledger.files import Imported
    from devices.ledger.registry_changes import RegistryChange

JSON = click.option("--json", "as_json", is_flag=True, help="Write JSON for programs.")
PLACES = click.option("--places", "of_places", is_flag=True, help="The tree of places in place of the devices.")


def told(value: object) -> None:
    """Write ``value`` as JSON."""
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value)).decode())


@click.command(name="list")
@CONFIG
@JSON
@click.option("--kind", default="", help="Only devices of this kind.")
@click.option("--state", default="", help="Only devices in this state: online, late, offline, sleeping, never_seen.")
def list_(config_path: Path | None, as_json: bool, kind: str, state: str) -> None:
    """List the devices in use, what needs a person first."""
    from devices.queries import device_list

    with database(load_settings(config_path)) as (conn, school, now):
        rows = device_list(conn, school, now)
    found = [row for row in rows if kind in ("", row.device.kind) and state in ("", row.state)]
    if as_json:
        return told(found)
    for row in found:
        heard = row.last_seen.isoformat(timespec="seconds") if row.last_seen else "never"
        click.echo(f"{row.device.id:<20} {row.device.kind:<8} {row.state:<10} {heard:<25} {row.device.name}")
    return click.echo(f"{len(found)} device(s).")


@click.command()
@CONFIG
@JSON
@click.argument("device")
def show(config_path: Path | None, as_json: bool, device: str) -> None:
    """Show DEVICE with what the ledger says of it and its papers."""
    from devices.ledger.assets import asset_of
    from devices.ledger.documents import documents
    from devices.ledger.rows import cells_of
    from devices.queries import device_detail

    with database(load_settings(config_path)) as (conn, school, now):
        detail = device_detail(conn, school, device, now)
        asset, papers = asset_of(conn, school, device), documents(conn, school, device)
    if as_json:
        return told({"device": detail, "asset": asset, "documents": papers})
    row = detail.row
    lines = {"kind": row.device.kind, "name": row.device.name, "place": row.place_name, "model": row.device.model,
             "state": f"{row.state} ({row.reason})", "parent": row.device.parent or "", **cells_of(asset)}  # fmt: skip
    for key, value in lines.items():
        if value:
            click.echo(f"{key:<16} {value}")
    for paper in papers:
        click.echo(f"{'document':<16} {paper.title}  {paper.link or paper.media}")
    return None


@click.command(name="import")
@CONFIG
@BY
@JSON
@PLACES
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(config_path: Path | None, by: str, as_json: bool, of_places: bool, dry_run: bool, file: Path) -> None:
    """Take over the devices of FILE (CSV), whole or not at all; every wrong line is named."""
    from devices.ledger import registry_changes
    from devices.ledger.files import import_devices, import_places

    try:
        with database(load_settings(config_path)) as (conn, school, now):
            before = registry_changes.last_id(conn)
            done = (import_places if of_places else import_devices)(conn, school, file, now, by)
            changes = registry_changes.since(conn, school, before)
            _tell(done, changes, dry_run, as_json)
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass


def _tell(done: Imported, changes: list[RegistryChange], dry_run: bool, as_json: bool) -> None:
    if as_json:
        told({"kept": not dry_run, "done": done, "changes": changes})
        return
    for change in changes:
        click.echo(f"{change.key}: {change.field}: {change.old or 'nothing'} -> {change.new or 'nothing'}")
    click.echo(f"{done}{'. Dry run: nothing was changed.' if dry_run else ''}")


class _DryRun(Exception):
    """Ends the import's transaction without keeping it."""


@click.command()
@CONFIG
@PLACES
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export(config_path: Path | None, of_places: bool, file: Path) -> None:
    """Write every device in use with its ledger to FILE (CSV); `import` takes it back without a change."""
    from devices.ledger.files import export_devices, export_places

    with database(load_settings(config_path)) as (conn, school, _now):
        content = (export_places if of_places else export_devices)(conn, school)
    file.write_bytes(content)
    click.echo(f"{file} is written.")


@click.command()
@CONFIG
@click.option("--sheet", default="a4-24", show_default=True, help="a4-24, a4-65, a4-14, roll-62x29 or roll-40x30.")
@click.option("--place", default="", help="Only devices in this place and below.")
@click.option("--skip", default=0, help="Places of the first sheet that are used already.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("devices", nargs=-1)
def labels(config_path: Path | None, sheet: str, place: str, skip: int, file: Path, devices: tuple[str, ...]) -> None:
    """Write labels with QR codes of DEVICES (default: all in use) to FILE (PDF), to print and stick on."""
    from devices.ledger.label_texts import labels_of
    from devices.ledger.labels import as_pdf

    settings = load_settings(config_path)
    with database(settings) as (conn, school, _now):
        found = labels_of(conn, school, settings.dashboards.base_url, devices, place)
    file.write_bytes(as_pdf(found, sheet, skip))
    click.echo(f"{len(found)} label(s) in {file}.")


@click.command()
@CONFIG
@JSON
@PLACES
@click.argument("device")
def history(config_path: Path | None, as_json: bool, of_places: bool, device: str) -> None:
    """List every change of DEVICE in the registry, newest first: the field, old, new, when and by whom."""
    from devices.ledger import registry_changes

    with database(load_settings(config_path)) as (conn, school, _now):
        found = registry_changes.history(conn, school, "place" if of_places else "device", device)
    if as_json:
        return told(found)
    for one in found:
        when = one.at.isoformat(timespec="seconds")
        click.echo(f"{when}  {one.by:<10}  {one.field}: {one.old or 'nothing'} -> {one.new or 'nothing'}")
    return None if found else click.echo(f"Nothing of {device} was changed.")


@click.command()
@CONFIG
@BY
@click.option("--why", required=True, help="Why, for the record: broken, replaced, sold.")
@click.argument("device")
def retire(config_path: Path | None, by: str, why: str, device: str) -> None:
    """Take DEVICE out of use: it is no longer listened to, its accounts end, its history stays."""
    from devices.ledger.retirement import take_out

    with database(load_settings(config_path)) as (conn, school, now):
        take_out(conn, school, device, by, now, why)
    click.echo(f"{device} is out of use.")
