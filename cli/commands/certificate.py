"""`campus certificate`: a new certificate for broker and console, from the platform's own authority."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from pathlib import Path

import click


@click.command()
@click.option("--config", "config_path", type=click.Path(dir_okay=False, path_type=Path), envvar="CAMPUS_CONFIG")
@click.argument("hosts", nargs=-1)
def certificate(config_path: Path | None, hosts: tuple[str, ...]) -> None:
    """Certify broker and console for HOSTS (names and addresses); none: those of this machine.

    Written beside the authority that [trust] names; restart the broker and the console afterwards.
    """
    from campus.errors import SettingsError
    from cli.options import load_settings
    from devices.trust import authority

    trust = load_settings(config_path).trust
    if trust.authority is None:
        raise SettingsError("trust.authority", "is not set: certificates come from elsewhere", "Ask who made them")
    files = authority.Files(trust.authority.parent)
    named = hosts or tuple(hosts_of_this_machine())
    authority.certify_server(files, named, datetime.now(UTC))
    click.echo(f"{files.server} is for {', '.join(named)} until {authority.ends_at(files.server):%Y-%m-%d}.")


def hosts_of_this_machine() -> list[str]:
    """The names and addresses under which others may reach this machine, and those of the machine for itself."""
    name = socket.gethostname()
    found = [name, f"{name}.local", "localhost", "127.0.0.1", "::1"]
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))  # nothing is sent: it only tells which of our addresses would be used
            found.append(probe.getsockname()[0])
    except OSError:
        pass  # without a network there is no address to add
    return list(dict.fromkeys(found))
