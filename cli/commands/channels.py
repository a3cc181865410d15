"""`campus channels`: which channels alarms go out by, and a test message over one."""

from __future__ import annotations

import sys
from pathlib import Path

import click

CONFIG = click.option(
    "--config", "config_path", type=click.Path(dir_okay=False, path_type=Path), envvar="CAMPUS_CONFIG"
)


@click.group()
def channels() -> None:
    """List the channels of the settings; send a test message over one."""


@channels.command(name="list")
@CONFIG
def list_(config_path: Path | None) -> None:
    """Name every endpoint of the settings, its kind, and the mildest severity it is told of."""
    from cli.joins.channel_notifiers import open_notifiers
    from cli.options import load_settings

    with open_notifiers(load_settings(config_path)) as found:
        for one in found.values():
            click.echo(f"{one.name}  {one.kind}  {one.min_severity}")
        if not found:
            click.echo("There is no endpoint in the settings: add one under [alerts].")


@channels.command()
@CONFIG
@click.argument("name")
def test(config_path: Path | None, name: str) -> None:
    """Send a message over the channel NAME that says it is a test, now and from here; exit code 1 when it fails."""
    from alerts.telling.channel_trial import send
    from campus.clock import SystemClock
    from campus.ids import new_id
    from cli.joins.channel_notifiers import open_notifiers
    from cli.options import load_settings

    settings = load_settings(config_path)
    with open_notifiers(settings) as found:
        if name not in found:
            known = ", ".join(sorted(found)) or "none"
            raise click.ClickException(f"the settings have no endpoint {name!r}; known are {known}")
        receipt = send(found[name], settings.school.id, new_id(), "campus channels test", SystemClock().now())
    click.echo(f"{name}: {'sent' if receipt.result == 'done' else 'not sent'}: {receipt.detail}")
    sys.exit(0 if receipt.result == "done" else 1)
