"""`campus models`: the detector models that are known to work, and how to install one."""

from __future__ import annotations

from pathlib import Path

import click

FOLDER = click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("models"),
    show_default=True,
    help="The folder of the models.",
)


@click.group(invoke_without_command=True)
@click.pass_context
def models(context: click.Context) -> None:
    """List the detector models that are known to work, or install one."""
    if context.invoked_subcommand is None:
        context.invoke(show, folder=Path("models"))


@models.command(name="list")
@FOLDER
def show(folder: Path) -> None:
    """List the known models: licence, address, checksum, and whether they are in the folder."""
    from edge_agent.models import KNOWN, installed

    for model in KNOWN:
        state = click.style(f"in {folder}", "green") if installed(model, folder) else "not installed"
        click.echo(f"{model.name}: detector {model.detector}, {model.input_px} px, {model.licence}, {state}")
        click.echo(f"  {model.address}")
        click.echo(f"  sha256 {model.sha256}")


@models.command()
@click.argument("name")
@click.option("--from", "source", help="A file, or an http address; default: the address of its makers.")
@FOLDER
def install(name: str, source: str | None, folder: Path) -> None:
    """Install the model NAME from a file or address, after checking its checksum and that OpenCV can run it."""
    from edge_agent.models import install as bring
    from edge_agent.models import known

    model = known(name)
    path = bring(model, source or model.address, folder)
    click.echo(f'{path} is right. In edge.toml: detector = "{model.detector}", model = "{path.resolve()}"')
