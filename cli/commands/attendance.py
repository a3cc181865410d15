"""`campus attendance`: prove that the register is what it was, and list early warnings of a class."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click
import sqlalchemy as sa

from attendance.register.chain import Proof, verify
from attendance.reports.insight import early_warnings, insight_of_class
from attendance.tables import schools
from campus import db


@click.group()
def attendance() -> None:
    """Prove the register of marks; list early warnings."""


@attendance.command(name="verify")
@click.option("--school", help="One school's id; left out: every school.")
@click.option("--head", help="A digest noted down earlier: it must still be in the chain of the school.")
@click.option("--config", "config_path", type=click.Path(dir_okay=False, path_type=Path), envvar="CAMPUS_CONFIG")
def verify_(school: str | None, head: str | None, config_path: Path | None) -> None:
    """Compute the chain over all marks anew; name what was changed, added or taken out (exit code 1)."""
    from cli.options import load_settings
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


@attendance.command()
@click.argument("class_id")
@click.option("--from", "first", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The first day.")
@click.option("--to", "last", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The last day.")
@click.option("--config", "config_path", type=click.Path(dir_okay=False, path_type=Path), envvar="CAMPUS_CONFIG")
def warnings(class_id: str, first: datetime, last: datetime, config_path: Path | None) -> None:
    """List the students of CLASS_ID who show a sign (chronic absence, lateness), by id, with the days it rests on."""
    from cli.options import load_settings
    from cli.wiring import open_database

    settings = load_settings(config_path)
    engine = open_database(settings)
    try:
        with db.read(engine) as conn:
            found = insight_of_class(conn, settings.school.id, class_id, first.date(), last.date())
    finally:
        engine.dispose()
    for one in early_warnings(found):
        told = ", ".join(f"{sign.kind} ({sign.count} of {sign.of} days)" for sign in one.signs)
        click.echo(f"{one.student}: {told}")
    click.echo(f"{len(found)} students have marks from {first:%Y-%m-%d} to {last:%Y-%m-%d}.")


def _tell(proof: Proof) -> bool:
    """Say what was found of one school; whether its register is sound."""
    older = f", {proof.unchained} older than the chain" if proof.unchained else ""
    click.echo(f"{proof.school}: {proof.marks} marks in {proof.links} links{older}; head {proof.head}")
    for one in proof.breaks:
        click.echo(f"  link {one.link}: {one.what}" if one.link else f"  {one.what}")
    return not proof.breaks
