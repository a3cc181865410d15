"""What every command is given: the settings file, the clock, one transaction of the database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from campus import config
from campus.clock import Clock, parse_clock
from campus.settings import Settings

if TYPE_CHECKING:
    from datetime import datetime

    import sqlalchemy as sa

CONFIG = click.option(
    "--config",
    "config_path",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="CAMPUS_CONFIG",
    help="The settings file; default: campus.toml here, if there is one.",
)
BY = click.option("--by", default="cli", show_default=True, help="Who is noted as having done it.")


def load_settings(path: Path | None) -> Settings:
    """The settings of ``path``, of ./campus.toml, or the defaults; the environment overrides each."""
    default = Path("campus.toml")
    return config.load(Settings, path or (default if default.exists() else None))


def the_clock() -> Clock:
    """The clock of this run: the machine's, or the scaled one that the demo hands its programs."""
    return parse_clock(os.environ.get("CAMPUS_CLOCK"))


@contextmanager
def database(settings: Settings) -> Iterator[tuple[sa.Connection, str, datetime]]:
    """One transaction, the school and the time."""
    from campus import db
    from cli.wiring import open_database

    engine = open_database(settings)
    try:
        with db.write(engine) as conn:
            yield conn, settings.school.id, the_clock().now()
    finally:
        engine.dispose()
