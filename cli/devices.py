"""`campus devices`: what a facility manager does with devices from the command line."""

from __future__ import annotations

import click

from cli.device_control import command, commands_, config


@click.group()
def devices() -> None:
    """Configure the edge agents of a school."""


devices.add_command(config)
devices.add_command(command)
devices.add_command(commands_)
