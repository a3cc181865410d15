"""`campus city`: the map of districts and schools that the bureau's overview shows."""

from __future__ import annotations

from pathlib import Path

import click

from cli.options import CONFIG, database, load_settings
from dashboards.city import geojson, store


@click.group()
def city() -> None:
    """The city's districts and schools."""


@city.command(name="import")
@CONFIG
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(config_path: Path | None, dry_run: bool, file: Path) -> None:
    """Take districts (polygons) and schools (points, or by district) from a GeoJSON FILE, replacing those before."""
    found = geojson.parse(file.read_bytes(), file.name)
    try:
        with database(load_settings(config_path)) as (conn, _, now):
            for line in store.apply(conn, found, now).lines():
                click.echo(line)
            if dry_run:
                raise _DryRun
    except _DryRun:
        click.echo("Dry run: nothing was changed.")


class _DryRun(Exception):
    """Ends the import's transaction without keeping it."""
