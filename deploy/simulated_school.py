"""Takes the simulated school over into the database of docker-compose.yml, so that `campus simulate` is understood."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from campus import db
from cli.commands.school_files import import_school
from cli.main import load_settings, the_clock
from cli.wiring import open_database
from simulator.school.files import write_files
from simulator.school.school import build_school

SEED = 7  # the default of `campus simulate`


def main() -> None:
    """Grow the school for today's date and import it; doing it again changes nothing."""
    settings, now = load_settings(None), the_clock().now()
    key = settings.secrets.credential_key.encode()
    school = build_school(SEED, key, now.astimezone(settings.school.zone).date(), settings.school.id)
    engine = open_database(settings)
    with tempfile.TemporaryDirectory() as folder:
        write_files(school, Path(folder))
        with db.write(engine) as conn:
            for line in import_school(conn, settings.school, Path(folder), now):
                sys.stdout.write(line + "\n")
    engine.dispose()


if __name__ == "__main__":
    main()
