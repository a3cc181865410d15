"""`campus devices`: what a facility manager does with devices from the command line."""

from __future__ import annotations

import click

from cli.device_control import config


@click.group()
def devices() -> None:
    """Configure the edge agents of a school."""


devices.add_command(config)
