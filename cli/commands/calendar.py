"""`campus calendar`: what a day is and why, the official holidays, a feed of the school's own exceptions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import CONFIG, database, load_settings

if TYPE_CHECKING:
    from attendance.calendar.show import Explained


@click.group()
def calendar() -> None:
    """Terms, holidays, make-up days, exams: what a day is and where that comes from."""


@calendar.command()
@CONFIG
@click.argument("when")
def show(config_path: Path | None, when: str) -> None:
    """Show what WHEN is: a date (2026-10-10, with its lessons) or a month (2026-10)."""
    from attendance.calendar.show import explain

    days = list(_days(when))
    with database(load_settings(config_path)) as (conn, school, _now):
        found = [explain(conn, school, day) for day in days]
    for one in found:
        click.echo(_line(one))
        for hour in one.lessons if len(found) == 1 else ():
            exam = " (exam)" if hour.exam else ""
            click.echo(f"    {hour.period:<8} {hour.class_id:<12} {hour.subject}{exam}  {hour.room or ''}".rstrip())


@calendar.command()
@CONFIG
@click.option("--file", "file", type=click.Path(dir_okay=False, path_type=Path), help="A file of holiday-cn instead.")
@click.argument("year", type=int)
def holidays(config_path: Path | None, file: Path | None, year: int) -> None:
    """Take over the official Chinese holidays and make-up days of YEAR; the school's own calendar goes before them."""
    from attendance.calendar.official import official_days, read_file
    from attendance.calendar.store import put_official

    found = read_file(file) if file else official_days(year)
    mine = [one for one in found if one.day.year == year]
    with database(load_settings(config_path)) as (conn, school, _now):
        changed = put_official(conn, school, mine)
    click.echo(f"{len(mine)} days of {year}: {'stored' if changed else 'nothing changed'}.")


@calendar.command()
@CONFIG
@click.argument("source", required=False)
def feed(config_path: Path | None, source: str | None) -> None:
    """Read an iCalendar from SOURCE (a file or URL), or from the one that [calendar] feed names."""
    from campus.errors import SettingsError
    from cli.joins.calendar_feed import FeedReader

    settings = load_settings(config_path)
    where = source or settings.calendar.feed
    if not where:
        raise SettingsError("calendar.feed", "is not set", "Name a file or URL, here or in the settings")
    reader = FeedReader(where, settings.school.zone)
    with database(settings) as (conn, school, now):
        said = reader.read(conn, school, now)
    click.echo(said)


def _days(when: str) -> Iterator[date]:
    if re.fullmatch(r"\d{4}-\d{2}", when):
        day = date.fromisoformat(f"{when}-01")
        month = day.month
        while day.month == month:
            yield day
            day += timedelta(days=1)
        return
    try:
        yield date.fromisoformat(when)
    except ValueError:
        raise click.BadParameter(f"{when!r} is no date or month; write 2026-10-10 or 2026-10") from None


def _line(one: Explained) -> str:
    kind = one.shape.day_type if one.shape else "no school"
    week = f"  {one.week.term.title}, week {one.week.number} ({one.week.letter})" if one.week else ""
    return f"{one.day} {one.day:%a}  {kind:<10}{week}  {one.why}"
