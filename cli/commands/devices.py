"""`campus devices`: what a facility manager does with devices from the command line."""

from __future__ import annotations

import click

from cli.commands.device_control import command, commands_, config
from cli.commands.device_registry import export, history, import_, labels, list_, retire, show
from cli.commands.enrolment import enrol, revoke, trust
from cli.commands.firmware import firmware
from cli.commands.upkeep import checks, parts, ticket, tickets


@click.group()
def devices() -> None:
    """Keep, enrol, configure and command the devices of a school."""


for one in (list_, show, import_, export, labels, history, retire, tickets, ticket, checks, parts, firmware):
    devices.add_command(one)
devices.add_command(config)
devices.add_command(command)
devices.add_command(commands_)
devices.add_command(enrol)
devices.add_command(revoke)
devices.add_command(trust)
