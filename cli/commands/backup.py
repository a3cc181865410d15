"""`campus backup`: the school's stores as a folder of files with their hashes; `restore` brings them back."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import click
import msgspec
import sqlalchemy as sa

from campus import __version__, db
from campus.clock import SystemClock
from campus.errors import CampusError, Conflict, SettingsError
from campus.settings import Settings
from campus.tables import backup_runs
from cli.options import CONFIG, load_settings

MANIFEST = "manifest.json"
DATABASE, SERIES, FILES = "campus.db", "series.db", "files"
_NAME = "campus-%Y%m%dT%H%M%SZ"


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds: which school's, from when, of which schema, and the SHA-256 of each file."""

    school: str
    made_at: datetime
    version: str
    schema: str
    files: dict[str, str]


class DamagedBackup(CampusError):
    """A backup is not whole; says which file."""


@click.command()
@CONFIG
@click.option("--keep", type=click.IntRange(min=1), help="Keep so many of the newest backups in FOLDER; delete older.")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def backup(config_path: Path | None, keep: int | None, folder: Path) -> None:
    """Copy database, readings and papers into a new folder below FOLDER, while the platform runs."""
    settings, now = load_settings(config_path), SystemClock().now()
    made = back_up(settings, folder, now)
    note(settings, made, now)
    click.echo(f"{made}: whole, each file with its hash.")
    if settings.series.kind == "influx":
        click.echo(f"The readings are not in it: they are in InfluxDB at {settings.series.url}, see `influx backup`.")
    click.echo("Keys and passwords (campus.env, broker, certificates) are not in it: keep them apart, in a safe.")
    for old in _older(folder, keep):
        shutil.rmtree(old)
        click.echo(f"{old}: deleted.")


def back_up(settings: Settings, folder: Path, now: datetime) -> Path:
    """Make a backup below ``folder`` and return it. It has its name only once it is whole."""
    goal = folder / now.strftime(_NAME)
    if goal.exists():
        raise Conflict(f"{goal} is there already")
    part = goal.with_suffix(".part")
    part.mkdir(parents=True, mode=0o700)
    try:
        # The papers last: one that the copied database does not know yet does no harm, a missing one would.
        for name, store in databases(settings).items():
            _copy_database(store, part / name)
        if settings.dashboards.files.is_dir():
            shutil.copytree(settings.dashboards.files, part / FILES)
        manifest = Manifest(
            school=settings.school.id,
            made_at=now,
            version=__version__,
            schema=_schema(part / DATABASE),
            files={name_of(one, part): sha256_of(one) for one in sorted(part.rglob("*")) if one.is_file()},
        )
        (part / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
        part.rename(goal)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return goal


def note(settings: Settings, made: Path, now: datetime) -> None:
    """Write down that a backup was made, for the administrator's page; an older schema has no place for it."""
    size = sum(one.stat().st_size for one in made.rglob("*") if one.is_file())
    engine = db.open_engine(settings.database.url)
    try:
        with db.write(engine) as conn:
            if sa.inspect(conn).has_table(backup_runs.name):
                conn.execute(backup_runs.insert().values(at=now, bytes=size))
    finally:
        engine.dispose()


def databases(settings: Settings) -> dict[str, Path]:
    """Where the stores are, by their names in a backup. Raises `SettingsError` when they are not SQLite files."""
    url = sa.make_url(settings.database.url)
    if url.get_backend_name() != "sqlite" or not url.database:
        fix = "Back PostgreSQL up with pg_dump or its own base backups, and the papers with the machine's"
        raise SettingsError("database.url", "campus backup copies SQLite databases", fix)
    found = {DATABASE: Path(url.database)}
    return found | ({SERIES: settings.series.path} if settings.series.kind == "sqlite" else {})


def _copy_database(store: Path, goal: Path) -> None:
    """Copy with SQLite's online backup, one state at one moment, and let SQLite look the copy through."""
    if not store.exists():
        raise SettingsError("database.url", f"{store} is not there", "Run it where campus.toml is, or give --config")
    with closing(sqlite3.connect(store, timeout=30)) as source, closing(sqlite3.connect(goal)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, with no log beside it
        if (verdict := copy.execute("PRAGMA quick_check").fetchone()[0]) != "ok":
            raise DamagedBackup(f"{store} is damaged: {verdict}")
    goal.chmod(0o600)


def _schema(database: Path) -> str:
    with closing(sqlite3.connect(database)) as conn:
        return str(conn.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def _older(folder: Path, keep: int | None) -> list[Path]:
    """Whole backups beyond the newest ``keep``; anything else in the folder is not ours to delete."""
    whole = sorted(one.parent for one in folder.glob(f"campus-*Z/{MANIFEST}"))
    return whole[:-keep] if keep else []


def name_of(path: Path, root: Path) -> str:
    """A file's name in the manifest."""
    return path.relative_to(root).as_posix()


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
