"""`campus retention`: what is kept how long, forget what is due, and hand out or erase what is kept of a student."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from attendance import retention as pupils
from campus.retention import Run, due, latest
from cli.joins.forgetting import keep_to, purges
from cli.options import CONFIG, database, load_settings, the_clock
from cli.wiring import open_database
from dashboards.access.accounts import by_login
from dashboards.access.audit import record


@click.group()
def retention() -> None:
    """What is kept how long, and what was forgotten."""


@retention.command()
@CONFIG
def show(config_path: Path | None) -> None:
    """Show for how long each kind of data is kept, and what the last run forgot."""
    settings = load_settings(config_path)
    with database(settings) as (conn, _school, _now):
        runs = latest(conn)
    for purge in purges(settings.retention):
        last = runs.get(purge.what)
        told = f"{last.rows} forgotten at {last.at:%Y-%m-%d %H:%M} UTC" if last else "never run"
        kept = f"{purge.days:g} days" if purge.days else "for ever"
        click.echo(f"{purge.what:<15} {kept:<10} {told}")


@retention.command()
@CONFIG
@click.option("--dry-run", is_flag=True, help="Only count what would be forgotten.")
def run(config_path: Path | None, dry_run: bool) -> None:
    """Forget what is due now; the platform does it by itself every six hours."""
    settings = load_settings(config_path)
    engine, now = open_database(settings), the_clock().now()
    done = due(engine, purges(settings.retention), now) if dry_run else keep_to(engine, settings.retention, now)
    _tell(done)
    engine.dispose()


def _tell(done: Sequence[Run]) -> None:
    for one in done:
        click.echo(f"{one.what:<15} {one.rows:>7}  older than {one.before:%Y-%m-%d}")


@retention.command()
@CONFIG
@click.argument("student")
def export(config_path: Path | None, student: str) -> None:
    """Write every row about STUDENT (the roster's id) as JSON: what guardians may ask for."""
    with database(load_settings(config_path)) as (conn, school, _now):
        found = pupils.export(conn, school, student)
    click.echo(msgspec.json.format(msgspec.json.encode(found, enc_hook=str), indent=2).decode())


@retention.command()
@CONFIG
@click.option("--by", required=True, metavar="LOGIN", help="Whose decision it is: it goes into the access log.")
@click.option("--reason", required=True, help="Why, and who asked for it; it is printed, for the school's book.")
@click.argument("student")
def erase(config_path: Path | None, by: str, reason: str, student: str) -> None:
    """Erase who STUDENT was, now; only who left the roster. Marks stay under the roster's id."""
    with database(load_settings(config_path)) as (conn, school, now):
        who = by_login(conn, school, by)
        pupils.erase(conn, school, student, now)
        record(conn, now, who, "student.erase", student)
    click.echo(f"{student} is erased, by {by}: {reason}. Backups made before still hold it.")
