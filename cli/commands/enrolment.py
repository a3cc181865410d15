"""`campus devices enrol`, `revoke`, `trust`: who may speak for a device."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from cli.options import BY, CONFIG, database, load_settings


@click.command()
@CONFIG
@BY
@click.argument("device")
def enrol(config_path: Path | None, by: str, device: str) -> None:
    """Make a one-time code for DEVICE; the agent trades it for an account of its own at the broker."""
    from campus import qr
    from devices.trust import codes
    from devices.trust.link import enrolment_link

    settings = load_settings(config_path)
    with database(settings) as (conn, school, now):
        code = codes.make(conn, school, device, by, now, timedelta(hours=settings.trust.code_hours))
    link = enrolment_link(settings.dashboards.base_url, code, settings.trust.authority)
    click.echo(f"Code of {device}, good once and for {settings.trust.code_hours:g} hours: {code}")
    click.echo(f"On the machine of the device:  campus edge enrol '{link}'")
    click.echo(qr.terminal(link))


@click.command()
@CONFIG
@BY
@click.option("--why", required=True, help="Why, for the record: lost, stolen, replaced.")
@click.argument("device")
def revoke(config_path: Path | None, by: str, why: str, device: str) -> None:
    """End every account of DEVICE: the broker throws it out within seconds, and it must be enrolled anew."""
    from devices.trust import accounts

    with database(load_settings(config_path)) as (conn, school, now):
        ended = accounts.revoke(conn, school, device, by, now, why)
    click.echo(f"{ended} account(s) of {device} ended.")


@click.command()
@CONFIG
@click.argument("device", required=False)
def trust(config_path: Path | None, device: str | None) -> None:
    """List the steps of trust, newest first: codes made, enrolled, renewed, revoked, and by whom."""
    from devices.trust.steps import steps

    with database(load_settings(config_path)) as (conn, school, _now):
        found = steps(conn, school, device)
    for one in found:
        click.echo(f"{one.at.isoformat(timespec='seconds')}  {one.device:<16}  {one.what:<14}  {one.by}  {one.detail}")
    if not found:
        click.echo("No device was enrolled yet: campus devices enrol DEVICE")
