"""`campus attendance`: prove that the register is what it was."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import sqlalchemy as sa

from attendance.chain import Proof, verify
from attendance.tables import schools
from campus import db


@click.group()
def attendance() -> None:
    """Prove the register of marks."""


@attendance.command(name="verify")
@click.option("--school", help="One school's id; left out: every school.")
@click.option("--head", help="A digest noted down earlier: it must still be in the chain of the school.")
@click.option("--config", "config_path", type=click.Path(dir_okay=False, path_type=Path), envvar="CAMPUS_CONFIG")
def verify_(school: str | None, head: str | None, config_path: Path | None) -> None:
    """Compute the chain over all marks anew; name what was changed, added or taken out (exit code 1)."""
    from cli.main import load_settings
    from cli.wiring import open_database

    if head and not school:
        raise click.UsageError("--head is of one school's chain: name it with --school")
    engine = open_database(load_settings(config_path))
    try:
        with db.read(engine) as conn:
            query = sa.select(schools.c.id).order_by(schools.c.id)
            ids = [school] if school else list(conn.execute(query).scalars())
            sound = [_tell(verify(conn, one, head)) for one in ids]
    finally:
        engine.dispose()
    sys.exit(0 if all(sound) else 1)


def _tell(proof: Proof) -> bool:
    """Say what was found of one school; whether its register is sound."""
    older = f", {proof.unchained} older than the chain" if proof.unchained else ""
    click.echo(f"{proof.school}: {proof.marks} marks in {proof.links} links{older}; head {proof.head}")
    for one in proof.breaks:
        click.echo(f"  link {one.link}: {one.what}" if one.link else f"  {one.what}")
    return not proof.breaks
