"""`campus tokens`: let a program read the interface, see which may, and end it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from campus.clock import SystemClock
from cli.options import CONFIG, database, load_settings
from dashboards.access import tokens as store

if TYPE_CHECKING:
    from dashboards.access.roles import Right


@click.group()
def tokens() -> None:
    """Make, list and revoke tokens of programs for the interface."""


@tokens.command()
@CONFIG
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice(sorted(store.SCOPES)))
@click.option("--class", "classes", multiple=True, help="A class it is limited to; may be given several times.")
@click.option("--days", default=90, show_default=True, help="For how long it is good.")
def make(config_path: Path | None, name: str, scopes: tuple[Right, ...], classes: tuple[str, ...], days: int) -> None:
    """Make a token for the program NAME and print it, this once."""
    with database(load_settings(config_path)) as (conn, school, _):
        token_id, token = store.make(conn, school, name, scopes, classes, SystemClock().now(), days)
    click.echo(f"{token_id}: keep the next line where only {name} reads it; it is not shown again.", err=True)
    click.echo(token)


@tokens.command(name="list")
@CONFIG
def list_(config_path: Path | None) -> None:
    """Name every token, what it opens, until when, and when it was last used."""
    now = SystemClock().now()
    with database(load_settings(config_path)) as (conn, school, _):
        found = store.all_tokens(conn, school)
    for one in found:
        state = "revoked" if one.revoked_at else "expired" if one.expires_at <= now else "good"
        used = f"{one.last_used_at:%Y-%m-%d %H:%M}Z" if one.last_used_at else "never"
        limit = f" in {' '.join(one.classes)}" if one.classes else ""
        scopes = " ".join(one.scopes)
        click.echo(f"{one.id}  {one.name}  {state} until {one.expires_at:%Y-%m-%d}  used {used}  {scopes}{limit}")
    if not found:
        click.echo("There is no token.")


@tokens.command()
@CONFIG
@click.argument("token_id")
def revoke(config_path: Path | None, token_id: str) -> None:
    """End the token with this id at once."""
    with database(load_settings(config_path)) as (conn, school, _):
        ended = store.revoke(conn, school, token_id, SystemClock().now())
    click.echo(f"{ended.name} is revoked.")
