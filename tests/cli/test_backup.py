"""Backup and restore as an administrator does it: while somebody writes, after damage, under a running platform."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import campus
from cli.programs.lock import only_one


@pytest.fixture
def school(tmp_path: Path, migrated_template: Path) -> Path:
    """The folder of a school with its settings, a database, readings and one paper."""
    (tmp_path / "data/files").mkdir(parents=True)
    (tmp_path / "data/campus.db").write_bytes(migrated_template.read_bytes())
    with closing(sqlite3.connect(tmp_path / "data/series.db")) as conn:
        conn.execute("CREATE TABLE readings (value)")
        conn.commit()
    (tmp_path / "data/files/manual.pdf").write_bytes(b"%PDF")
    data = tmp_path / "data"
    (tmp_path / "campus.toml").write_text(
        f'[school]\nid = "s1"\n[database]\nurl = "sqlite:///{data}/campus.db"\n'
        f'[series]\npath = "{data}/series.db"\n[dashboards]\nfiles = "{data}/files"\n',
        encoding="utf-8",
    )
    return tmp_path


def run(school: Path, *words: str) -> Result:
    return CliRunner().invoke(campus, [words[0], "--config", str(school / "campus.toml"), *words[1:]])


def note(school: Path, value: int) -> None:
    with closing(sqlite3.connect(school / "data/series.db")) as conn:
        conn.execute("INSERT INTO readings VALUES (?)", (value,))
        conn.commit()


def noted(school: Path) -> list[int]:
    with closing(sqlite3.connect(school / "data/series.db")) as conn:
        return [row[0] for row in conn.execute("SELECT value FROM readings ORDER BY value")]


def only_backup(school: Path) -> Path:
    (found,) = (school / "kept").iterdir()
    return found


def test_a_backup_brings_back_what_was_and_sets_aside_what_is(school: Path) -> None:
    note(school, 1)
    with closing(sqlite3.connect(school / "data/series.db")) as running:  # somebody writes at the same time
        running.execute("PRAGMA journal_mode=WAL")
        running.execute("INSERT INTO readings VALUES (99)")
        done = run(school, "backup", str(school / "kept"))
        assert done.exit_code == 0, done.output
    note(school, 2)
    (school / "data/files/manual.pdf").unlink()
    (school / "data/campus.db-wal").write_bytes(b"of another database")
    done = run(school, "restore", str(only_backup(school)))
    assert done.exit_code == 0, done.output
    assert noted(school) == [1]
    assert (school / "data/files/manual.pdf").read_bytes() == b"%PDF"
    assert not (school / "data/campus.db-wal").exists()
    assert len(list((school / "data").glob("series.db.before-restore-*"))) == 1


def test_a_backup_with_one_changed_bit_is_refused_and_nothing_is_touched(school: Path) -> None:
    note(school, 1)
    run(school, "backup", str(school / "kept"))
    copy = only_backup(school) / "campus.db"
    data = bytearray(copy.read_bytes())
    data[5000] ^= 1
    copy.write_bytes(data)
    done = run(school, "restore", str(only_backup(school)))
    assert done.exit_code != 0
    assert "campus.db is missing or not as it was made" in str(done.exception)
    assert noted(school) == [1]
    assert list((school / "data").glob("*before-restore*")) == []


def test_nothing_is_restored_under_a_running_platform_or_from_another_school(school: Path) -> None:
    run(school, "backup", str(school / "kept"))
    with only_one(school / "data"):
        done = run(school, "restore", str(only_backup(school)))
    assert "is in use" in str(done.exception)
    settings = school / "campus.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace('"s1"', '"s2"'), encoding="utf-8")
    assert "is of school 's1'" in str(run(school, "restore", str(only_backup(school))).exception)


def test_only_whole_backups_beyond_those_to_keep_are_deleted(school: Path) -> None:
    run(school, "backup", str(school / "kept"))
    old = only_backup(school).rename(school / "kept/campus-20200101T000000Z")
    (school / "kept/campus-notes").mkdir()
    done = run(school, "backup", "--keep", "1", str(school / "kept"))
    assert done.exit_code == 0, done.output
    assert not old.exists()
    assert sorted(one.name for one in (school / "kept").iterdir())[1:] == ["campus-notes"]


def test_postgresql_is_pointed_to_its_own_tools(school: Path) -> None:
    (school / "campus.toml").write_text('[database]\nurl = "postgresql://h/c"\n', encoding="utf-8")
    assert "pg_dump" in str(run(school, "backup", str(school / "kept")).exception)


def test_a_backup_says_that_readings_in_influxdb_are_not_in_it(school: Path) -> None:
    assert "InfluxDB" not in run(school, "backup", str(school / "earlier")).output
    settings = school / "campus.toml"
    settings.write_text(settings.read_text().replace("[series]\n", '[series]\nkind = "influx"\n'), encoding="utf-8")
    done = run(school, "backup", str(school / "kept"))
    assert "readings are not in it: they are in InfluxDB at http://127.0.0.1:8086, see `influx backup`" in done.output
    assert not (only_backup(school) / "series.db").exists()
    assert (only_backup(school) / "campus.db").exists()


def test_a_backup_is_noted_for_the_administrator_and_a_schema_without_the_place_is_backed_up_too(school: Path) -> None:
    assert run(school, "backup", str(school / "kept")).exit_code == 0
    with closing(sqlite3.connect(school / "data/campus.db")) as conn:
        (size,) = conn.execute("SELECT bytes FROM backup_runs").fetchone()
        conn.execute("DROP TABLE backup_runs")
        conn.commit()
    assert size == sum(one.stat().st_size for one in only_backup(school).rglob("*") if one.is_file())
    done = run(school, "backup", str(school / "later"))
    assert done.exit_code == 0, done.output
