"""Commands that need the server's libraries: on an edge machine, which has none, they say so, and the others work."""

from __future__ import annotations

from importlib import import_module

import click

from campus.errors import SettingsError


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
