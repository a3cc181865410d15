"""`campus codes`: print the signed QR codes that students show to the camera of a gate."""

from __future__ import annotations

import csv
import re
from datetime import timedelta
from pathlib import Path

import click

from campus.errors import ImportFileError, SettingsError
from cli.options import CONFIG, load_settings, the_clock

_LABEL = re.compile(r"[\w.-]{1,60}")


@click.command()
@CONFIG
@click.argument("cards", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--days", type=click.FloatRange(0.001, 800), default=200.0, show_default=True, help="How long they pass.")
@click.option("--once", is_flag=True, help="Each passes once at a reader: for codes sent shortly before they are used.")
def codes(config_path: Path | None, cards: Path, folder: Path, days: float, once: bool) -> None:
    """Write an SVG picture of a code for each line LABEL,CARD NUMBER of CARDS into FOLDER.

    A code holds the keyed hash of the card, an end and a signature; no number, no name. Who has a photo of a code that
    is not --once can pass with it, as with a card that was lent.
    """
    from campus import qr, student_code
    from campus.credentials import hash_credential

    settings = load_settings(config_path)
    key = settings.secrets.credential_key.encode()
    if len(key) < 16:
        raise SettingsError("secrets.credential_key", "is missing or too short", "Give it 16 characters or more")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    until = the_clock().now() + timedelta(days=days)
    rows = read_cards(cards)
    for label, number in rows:
        text = student_code.issue(key, hash_credential(key, number), until, once=once)
        (folder / f"{label}.svg").write_text(qr.svg(text), encoding="ascii")
    click.echo(
        f"{len(rows)} codes, good until {until.astimezone(settings.school.zone):%Y-%m-%d %H:%M}, are in {folder}."
    )


def read_cards(file: Path) -> list[tuple[str, str]]:
    """Labels and card numbers of a CSV file of two columns; raises `ImportFileError` naming the line that is wrong."""
    found: dict[str, str] = {}
    with file.open(encoding="utf-8-sig", newline="") as lines:
        for place, row in enumerate(csv.reader(lines), start=1):
            if not row:
                continue
            if len(row) != 2 or not _LABEL.fullmatch(row[0].strip()) or not row[1].strip():
                raise ImportFileError(file.name, place, "is not LABEL,CARD NUMBER (the label becomes a file's name)")
            if row[0].strip() in found:
                raise ImportFileError(file.name, place, f"the label {row[0].strip()!r} is there twice")
            found[row[0].strip()] = row[1].strip()
    return list(found.items())
