"""`campus edge`: runs the agent of `edge_agent` as a service, or looks at one of its devices. Needs no server parts."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from campus.clock import Clock, parse_clock
from campus.errors import SettingsError

if TYPE_CHECKING:
    from edge_agent.settings import Camera

CONFIG = click.option(
    "--config",
    "config_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The agent's settings file; default: edge.toml here.",
)


@click.group(invoke_without_command=True)
@CONFIG
@click.pass_context
def edge(context: click.Context, config_path: Path | None) -> None:
    """Run the agent beside cameras, gates, labs and sensors, from edge.toml."""
    context.obj = config_path
    if context.invoked_subcommand is None:
        sys.exit(run(_found(config_path), parse_clock(os.environ.get("CAMPUS_CLOCK"))))


@edge.command()
@CONFIG
@click.argument("device")
@click.option(
    "--picture",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Of a camera: where to write the picture with zones and people drawn on it; default: DEVICE.check.jpg here.",
)
@click.pass_obj
def check(outer: Path | None, config_path: Path | None, device: str, picture: Path | None) -> None:
    """Look at DEVICE for some seconds and say what it tells, what is wrong and how to mend it.

    DEVICE is the id of a camera (its zones are drawn), gate, sensor, lab or headset, or that of the agent itself: its
    broker, clock and disk. The exit code is 1 when something must be mended.
    """
    from cli.commands.edge_check import check_device
    from edge_agent.settings import load_edge

    settings = load_edge(_found(config_path or outer))
    good = check_device(settings, device, picture, parse_clock(os.environ.get("CAMPUS_CLOCK")))
    sys.exit(0 if good else 1)


@edge.command()
@CONFIG
@click.argument("camera")
@click.option(
    "--listen", default="127.0.0.1", show_default=True, help="Address of this machine; others can reach it there."
)
@click.option("--port", default=0, help="Port; 0: any free one.")
@click.pass_obj
def draw(outer: Path | None, config_path: Path | None, camera: str, listen: str, port: int) -> None:
    """Open a local page on which zones and lines of CAMERA are drawn on its live picture, and saved in edge.toml."""
    from edge_agent.extras import needs

    path = _found(config_path or outer)
    chosen = _camera(path, camera)
    with needs("edge", "`campus edge draw`"):
        from edge_agent.camera.detectors import make_detector
        from edge_agent.camera.sources import make_source
        from edge_agent.draw.live import LivePicture
        from edge_agent.draw.server import DrawServer
    server = DrawServer(path, camera, LivePicture(make_source(chosen), make_detector(chosen)), listen, port)
    click.echo(f"Open {server.address} (it opens once, in one browser). Ctrl-C ends it.")
    try:
        server.serve()
    except KeyboardInterrupt:
        click.echo(f"{path} holds what was saved; the file before it is {path}.bak.")
    finally:
        server.close()


@edge.command()
@CONFIG
@click.argument("address")
@click.pass_obj
def enrol(outer: Path | None, config_path: Path | None, address: str) -> None:
    """Trade the one-time code in ADDRESS for a broker account of this agent's own."""
    from edge_agent.enrolment import enrol, read_link
    from edge_agent.settings import load_edge

    settings = load_edge(_found(config_path or outer))
    account = enrol(read_link(address), settings.agent.enrolment, parse_clock(os.environ.get("CAMPUS_CLOCK")))
    click.echo(f"Enrolled as {account.device} of {account.school}; the broker is {account.host}:{account.port}.")
    if (account.school, account.device) != (settings.school.id, settings.agent.id):
        click.echo(f'Set in edge.toml: [agent] id = "{account.device}", [school] id = "{account.school}".')


def run(config: Path, clock: Clock) -> int:
    """Run the agent from ``config`` until a signal."""
    from edge_agent.running import run_agent
    from edge_agent.settings import load_edge

    return run_agent(load_edge(config), clock)


def _found(config: Path | None) -> Path:
    path = config or Path("edge.toml")
    if not path.exists():
        raise SettingsError(str(path), "there is no such file", "Name it with --config, or run `campus init`")
    return path


def _camera(config: Path, wanted: str) -> Camera:
    from edge_agent.settings import load_edge

    cameras = {camera.id: camera for camera in load_edge(config).cameras}
    if wanted not in cameras:
        raise SettingsError(str(config), f"there is no camera {wanted!r} in it", f"Cameras: {', '.join(cameras)}")
    return cameras[wanted]
