"""`campus devices tickets`, `ticket`, `checks`, `parts`: what is to be kept up, from the command line."""

from __future__ import annotations

from pathlib import Path

import click

from cli.commands.device_registry import JSON, told
from cli.options import BY, CONFIG, database, load_settings


@click.command()
@CONFIG
@JSON
@click.option("--device", default=None, help="Only tickets of this device.")
@click.option("--past", "of_past", is_flag=True, help="Those that are over in place of those that live.")
def tickets(config_path: Path | None, as_json: bool, device: str | None, of_past: bool) -> None:
    """List the tickets, the first due in front."""
    from devices.upkeep.tickets import living, past

    with database(load_settings(config_path)) as (conn, school, now):
        found = (past if of_past else living)(conn, school, device)
    if as_json:
        return told(found)
    for one in found:
        late = "OVERDUE" if one.state not in ("done", "verified", "rejected") and now > one.due_at else ""
        due = one.due_at.isoformat(timespec="minutes")
        click.echo(f"{one.id}  {one.severity:<7} {one.state:<9} {due} {late:<8} {one.device or '':<16} {one.title}")
    return click.echo(f"{len(found)} ticket(s).")


@click.command()
@CONFIG
@BY
@click.option("--severity", default="normal", type=click.Choice(["urgent", "high", "normal", "low"]))
@click.argument("device")
@click.argument("title")
def ticket(config_path: Path | None, by: str, severity: str, device: str, title: str) -> None:
    """Open a ticket on DEVICE that says TITLE; it is due by its severity."""
    from devices.upkeep.ticket_states import SEVERITIES
    from devices.upkeep.tickets import Work, open_ticket

    chosen = next(one for one in SEVERITIES if one == severity)
    with database(load_settings(config_path)) as (conn, school, now):
        made = open_ticket(conn, school, Work(title=title, severity=chosen, device=device), by, now)
    click.echo(f"Ticket {made.id} is open, due {made.due_at.isoformat(timespec='minutes')}.")


@click.command()
@CONFIG
@JSON
def checks(config_path: Path | None, as_json: bool) -> None:
    """List the planned checks, the first due in front."""
    from devices.upkeep.checks import planned

    settings = load_settings(config_path)
    with database(settings) as (conn, school, now):
        found = planned(conn, school)
    if as_json:
        return told(found)
    today = now.astimezone(settings.school.zone).date()
    for one in found:
        late = f"OVERDUE {(today - one.next_due).days} d" if one.next_due < today else ""
        click.echo(f"{one.next_due}  {late:<14} every {one.every} {one.unit:<6} {one.title}")
    return click.echo(f"{len(found)} check(s).")


@click.command()
@CONFIG
@JSON
def parts(config_path: Path | None, as_json: bool) -> None:
    """List the spare parts, those that are too few first."""
    from devices.upkeep.spares import on_shelf

    with database(load_settings(config_path)) as (conn, school, _now):
        found = on_shelf(conn, school)
    if as_json:
        return told(found)
    for one in found:
        few = "TOO FEW" if one.stock < one.minimum else ""
        click.echo(f"{one.stock:>6} of at least {one.minimum:<6} {few:<8} {one.name}  {one.number}  {one.shelf}")
    return click.echo(f"{len(found)} part(s).")
