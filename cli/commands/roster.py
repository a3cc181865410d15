"""`campus roster`: import a roster, see what it would change, and see how current it is."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import click
import sqlalchemy as sa

from attendance.roster.importing import RosterReport
from attendance.roster.log import ImportEntry, recent
from attendance.roster.progress import Phase, Progress, unwatched
from attendance.roster.run import RosterRun, Wishes
from campus import db
from campus.clock import SystemClock
from campus.settings import RosterFeed, Settings

CONFIG = click.option(
    "--config", "config_path", type=click.Path(dir_okay=False, path_type=Path), envvar="CAMPUS_CONFIG"
)


@click.group()
def roster() -> None:
    """Import rosters (OneRoster, School Data Sync) and keep them current."""


@roster.command(name="import")
@CONFIG
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--confirm", is_flag=True, help="Also when more students would go than the limit allows.")
@click.option("--all", "every_school", is_flag=True, help="Every school of the export, not only [school] id.")
@click.option("--leave-out", is_flag=True, help="Leave out rows that do not hold together instead of refusing all.")
@click.option("--problems", "limit", default=50, show_default=True, help="How many wrong rows are named.")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
def import_(
    config_path: Path | None,
    dry_run: bool,
    confirm: bool,
    every_school: bool,
    leave_out: bool,
    limit: int,
    path: Path,
) -> None:
    """Import the export at PATH: a folder or a zip, whole or only what changed."""
    with opened(config_path) as (settings, engine):
        feed = settings.roster
        wishes = Wishes(
            every_school=every_school or feed.every_school,
            leave_out=leave_out or feed.leave_out,
            confirmed=confirm,
            removal_share=feed.removal_share,
            limit=limit,
        )
        run = RosterRun(engine, settings.school.id, SystemClock(), wishes)
        if dry_run:
            with bar() as progress:
                report = run.dry(path, progress)
            tell(report, "would be ")
            click.echo("Dry run: nothing was changed.")
        else:
            with bar() as progress:
                report = run.take_file(path, "command", progress)
            tell(report, "")


@roster.command()
@CONFIG
@click.option("--last", default=10, show_default=True, help="How many imports are listed.")
def status(config_path: Path | None, last: int) -> None:
    """List the newest imports: when, what changed, why one was refused. Exit code 1 when the newest was not taken."""
    with opened(config_path) as (settings, engine), db.read(engine) as conn:
        found = recent(conn, settings.school.id, last)
    if not found:
        click.echo("No roster was imported yet: campus roster import PATH, or [roster] in the settings.")
    for one in found:
        for line in _lines(one, settings):
            click.echo(line)
    sys.exit(1 if found and found[0].state in ("refused", "failed") else 0)


@roster.command()
@CONFIG
@click.option("--whole", is_flag=True, help="Ask for everything, not only for what changed since the last time.")
@click.option("--confirm", is_flag=True, help="Also when more students would go than the limit allows.")
def pull(config_path: Path | None, whole: bool, confirm: bool) -> None:
    """Ask the OneRoster provider of the settings, now."""
    from attendance.roster.oneroster_rest import Provider
    from attendance.roster.pull import pull as ask
    from attendance.roster.pull import since_when

    with opened(config_path) as (settings, engine):
        feed, clock = settings.roster, SystemClock()
        if not feed.provider.url:
            raise click.ClickException("the settings name no provider: set [roster.provider] url and its login")
        run = RosterRun(engine, settings.school.id, clock, wishes_of(feed, confirmed=confirm))
        every = timedelta(days=feed.whole_days)
        since = None if whole else since_when(run, feed.provider.url, clock.now(), every)
        click.echo("Asking for everything." if since is None else f"Asking for what changed since {since:%F %R} UTC.")
        provider = Provider(feed.provider)
        try:
            with bar() as progress:
                report = ask(run, provider, feed.provider.url, "command", since, progress)
        finally:
            provider.close()
        tell(report, "")


@roster.command()
@CONFIG
def keep(config_path: Path | None) -> None:
    """Keep the roster current: watch the folder and ask the provider of the settings (`campus up` runs this)."""
    from cli.options import load_settings, the_clock
    from cli.programs.roster import run_roster

    sys.exit(run_roster(load_settings(config_path), the_clock()))


def wishes_of(feed: RosterFeed, *, confirmed: bool = False) -> Wishes:
    """How the settings want imports done."""
    return Wishes(
        every_school=feed.every_school,
        leave_out=feed.leave_out,
        confirmed=confirmed,
        removal_share=feed.removal_share,
    )


def _lines(one: ImportEntry, settings: Settings) -> Iterator[str]:
    at = one.began_at.astimezone(settings.school.zone)
    changes = ", ".join(
        f"{kind} +{added} ~{changed} -{removed}"
        for kind, (added, changed, removed) in one.counts.items()
        if added or changed or removed
    )
    yield f"{at:%Y-%m-%d %H:%M}  {one.state:<9}  {one.how:<8}  {one.source}  {changes}".rstrip()
    yield from (f"    {line}" for line in one.reason.splitlines())
    yield from (f"    left out: {line}" for line in one.problems)


def tell(report: RosterReport, would: str) -> None:
    """Say what an import changed, by kind, with the names of the fields."""
    click.echo(f"{report.students} students of {report.schools} school(s) are in the roster.")
    click.echo(f"{'':<12}{'added':>9}{'changed':>9}{'removed':>9}")
    for kind, counts in report.counts.items():
        fields = [name.partition(".")[2] + f" {n}" for name, n in report.fields.items() if name.startswith(f"{kind}.")]
        click.echo(f"{kind:<12}" + "".join(f"{n:>9}" for n in counts) + (f"   {', '.join(fields)}" if fields else ""))
    for line in report.samples:
        head, _, word = line.rpartition(" ") if not line.endswith(")") else ("", "", "")
        click.echo(f"  {head} {would}{word}" if head else f"  {line}")
    if report.left_out:
        click.echo(f"{report.left_out} rows {would}left out:")
        for line in report.problems:
            click.echo(f"  {line}")
    if report.untouched:
        click.echo(f"Not in this export, left as they are: {', '.join(report.untouched[:20])}")


@contextmanager
def bar() -> Iterator[Progress]:
    """A progress bar for each phase of an import, one below the other, where a person sees them."""
    if not sys.stderr.isatty():
        yield unwatched
        return
    bars = _Bars()
    try:
        yield bars.step
    finally:
        bars.end()


class _Bars:
    """The bar of the phase that runs."""

    def __init__(self) -> None:
        self._phase: Phase | None = None
        self._ended = ExitStack()

    def step(self, phase: Phase, done: int, of: int) -> None:
        """Show how far ``phase`` is; the first step of the next one ends it."""
        if phase != self._phase:
            self.end()
            schools = phase in ("comparing", "applying")
            shown = click.progressbar(length=of, label=_LABELS[phase], file=sys.stderr, show_pos=schools)
            self._phase, self._shown = phase, self._ended.enter_context(shown)
        self._shown.update(done - self._shown.pos)

    def end(self) -> None:
        """Leave the bar as it is, and go to the next line."""
        self._ended.close()


_LABELS: Mapping[Phase, str] = {
    "reading": "Reading  ",
    "checking": "Checking ",
    "comparing": "Comparing",
    "applying": "Schools  ",
}


@contextmanager
def opened(config_path: Path | None) -> Iterator[tuple[Settings, sa.Engine]]:
    """The settings, and the database that they name."""
    from cli.options import load_settings
    from cli.wiring import open_database

    settings = load_settings(config_path)
    engine = open_database(settings)
    try:
        yield settings, engine
    finally:
        engine.dispose()
