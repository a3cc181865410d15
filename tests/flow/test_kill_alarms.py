"""`kill -9` of pipeline and worker at random moments under load, broker and database restarted: the books agree."""

from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from benchmarks.crashes import run
from cli.programs.broker import find_mosquitto
from private_postgresql import find_programs, restart

pytestmark = [
    pytest.mark.broker,
    pytest.mark.skipif(find_mosquitto() is None, reason="mosquitto is not installed: apt-get install mosquitto"),
]


def test_killed_at_random_no_alarm_is_lost_or_doubled_and_nobody_is_called_after_acknowledging(
    tmp_path: Path, engine: sa.Engine
) -> None:
    books = run(tmp_path, engine, seconds=3, count=40, kills=2, seed=3)
    assert books.ended == {"ingest": 2, "alerts": 2, "broker": 1}
    assert books.alarms == 40
    assert books.faults == ()


def test_nor_when_the_database_server_dies_under_them(tmp_path: Path, postgresql: sa.Engine) -> None:
    programs = find_programs()
    assert programs is not None
    url = postgresql.url.render_as_string(hide_password=False).replace("%2F", "/")
    books = run(
        tmp_path, postgresql, seconds=2, count=30, kills=1, seed=4, restart_database=partial(restart, programs, url)
    )
    assert books.ended["database"] == 1
    assert books.alarms == 30
    assert books.faults == ()
