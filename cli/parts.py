"""Commands that need the server's libraries: on an edge machine, which has none, they say so, and the others work.

They are imported when they are asked for, so that the programs of the platform and the short commands start at once.
"""

from __future__ import annotations

from importlib import import_module

import click

from campus.errors import SettingsError


class Commands(click.Group):
    """The parts of `campus`, with those of the server among them."""

    server = ("attendance", "backup", "city", "restore", "retention", "roster", "rules", "tokens")

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every name, for the help."""
        return sorted([*super().list_commands(ctx), *self.server])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        return server_command(cmd_name) if cmd_name in self.server else super().get_command(ctx, cmd_name)


def server_command(name: str) -> click.Command:
    """The command ``name`` of `cli.commands.<name>`; where its libraries are missing, one that says what to install."""
    try:
        found = getattr(import_module(f"cli.commands.{name}"), name)
    except ModuleNotFoundError as error:
        return _absent(name, error.name or str(error))
    if not isinstance(found, click.Command):
        raise TypeError(f"cli.commands.{name}.{name} is no command")
    return found


def _absent(name: str, library: str) -> click.Command:
    def says() -> None:
        fix = "pip install 'campus-safety[server]' on the machine of the platform"
        raise SettingsError(f"campus {name}", f"the library {library} is not installed", fix)

    return click.Command(
        name,
        callback=says,
        help="Needs the parts of the server, which are not installed here.",
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )
