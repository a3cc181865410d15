"""`campus restore`: a backup in the place of the present stores, which are set aside and not deleted."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import click
import msgspec

from campus import __version__, db
from campus.clock import SystemClock
from campus.errors import Conflict
from campus.settings import Settings
from cli.commands.backup import FILES, MANIFEST, DamagedBackup, Manifest, databases, name_of, sha256_of
from cli.options import CONFIG, load_settings
from cli.programs.lock import only_one


@click.command()
@CONFIG
@click.argument("made", metavar="BACKUP", type=click.Path(exists=True, file_okay=False, path_type=Path))
def restore(config_path: Path | None, made: Path) -> None:
    """Put BACKUP in the place of the present stores, which are set aside, not deleted. Stop every program first."""
    for line in bring_back(load_settings(config_path), made, SystemClock().now()):
        click.echo(line)


def bring_back(settings: Settings, made: Path, now: datetime) -> list[str]:
    """Put a backup in place; what was there is set aside beside it. Returns what was done, a line each.

    Raises `DamagedBackup` when a file is missing or changed, `Conflict` when it is another school's or newer, or
    the platform runs.
    """
    manifest = checked(made)
    if manifest.school != settings.school.id:
        raise Conflict(f"{made} is of school {manifest.school!r}, the settings are of {settings.school.id!r}")
    if not db.knows(manifest.schema):
        raise Conflict(f"{made} is of version {manifest.version}, newer than {__version__}: install that first")
    places = {name: place for name, place in databases(settings).items() if name in manifest.files}
    said = [f"{made}: whole, of {manifest.made_at:%Y-%m-%d %H:%M}Z, schema {manifest.schema}."]
    with only_one(settings.series.path.parent):  # what `campus up` holds
        aside = now.strftime("before-restore-%Y%m%dT%H%M%SZ")
        for name, place in places.items():
            fresh = place.with_name(f"{place.name}.restoring")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(made / name, fresh)
            # The log beside a database belongs to that database: under the new one it would destroy it.
            for suffix in ("-wal", "-shm", ""):
                said += _set_aside(place.with_name(place.name + suffix), aside)
            fresh.rename(place)
        if (made / FILES).is_dir():
            said += _set_aside(settings.dashboards.files, aside)
            shutil.copytree(made / FILES, settings.dashboards.files)
    return [*said, "Restored. Run `campus migrate`, then `campus doctor`, then start the platform."]


def checked(made: Path) -> Manifest:
    """The manifest of a backup whose every file is as it was made. Raises `DamagedBackup`."""
    try:
        manifest = msgspec.json.decode((made / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise DamagedBackup(f"{made} is no backup: {MANIFEST} cannot be read ({error})") from None
    there = {name_of(one, made) for one in made.rglob("*") if one.is_file()} - {MANIFEST}
    for name in sorted(there | set(manifest.files)):
        if name not in there or manifest.files.get(name) != sha256_of(made / name):
            raise DamagedBackup(f"{made / name} is missing or not as it was made: take another backup")
    return manifest


def _set_aside(place: Path, suffix: str) -> list[str]:
    if not place.exists():
        return []
    aside = place.with_name(f"{place.name}.{suffix}")
    place.rename(aside)
    return [f"{place}: set aside as {aside.name}."]
