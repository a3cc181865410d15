"""`campus roster keep` as a program of its own: it says that it lives, and ends when it is told to."""

from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from campus import db
from campus.tables import program_beats
from tests.cli.running import Run, Running
from tests.flow.running_school import eventually


def test_it_stands_among_the_programs_that_live(
    start: Callable[..., Running], engine: sa.Engine, tmp_path: Path
) -> None:
    (tmp_path / "exports").mkdir()
    (tmp_path / "campus.toml").write_text(
        f"[database]\nurl = 'sqlite:///{tmp_path}/campus.db'\n[roster]\nfolder = '{tmp_path}/exports'\n"
    )
    keeper = start("roster", "keep")
    assert eventually(lambda: programs(engine) == ["roster"]), "".join(keeper.said)
    assert keeper.interrupt() == 0, "".join(keeper.said)


def test_without_a_source_it_says_what_to_set(campus: Run, tmp_path: Path) -> None:
    (tmp_path / "campus.toml").write_text(f"[database]\nurl = 'sqlite:///{tmp_path}/campus.db'\n")
    done = campus("roster", "keep")
    assert (done.returncode, "Set [roster] folder or [roster.provider] url" in done.stderr) == (2, True)


def programs(engine: sa.Engine) -> list[str]:
    with db.read(engine) as conn:
        return list(conn.execute(sa.select(program_beats.c.program)).scalars())
