"""`campus retention` as a person uses it: what is kept, what a run forgets, and a student nobody knows."""

from datetime import UTC, datetime
from pathlib import Path

from attendance.tables import students
from campus import db
from dashboards.access import audit
from dashboards.access.accounts import insert
from tests.cli.running import Run


def test_what_is_kept_is_shown_and_a_run_is_remembered(campus: Run) -> None:
    before = campus("retention", "show")
    assert before.returncode == 0, before.stderr
    assert "passes          180 days   never run" in before.stdout
    dry = campus("retention", "run", "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "stills" in dry.stdout
    assert "never run" in campus("retention", "show").stdout  # it was dry
    assert campus("retention", "run").returncode == 0
    assert "0 forgotten at" in campus("retention", "show").stdout


def test_who_decides_an_erasure_is_somebody_and_stands_in_the_access_log(campus: Run, tmp_path: Path) -> None:
    erase = ("retention", "erase", "s-1", "--reason", "asked", "--by", "office")
    assert "no account with the login 'office'" in campus(*erase).stderr
    engine = db.open_engine(f"sqlite:///{tmp_path}/data/campus.db")
    now = datetime(2026, 9, 7, tzinfo=UTC)
    with db.write(engine) as conn:
        insert(conn, "school-1", "office", "办公室", "office", "no hash", now)
    assert "no student 's-1' who left" in campus(*erase).stderr
    with db.write(engine) as conn:
        assert audit.entries(conn, "school-1", audit.Wanted(), 5) == []  # what failed is not told as done
        left = {"grade": "", "class_id": "c-1", "active": False, "left_at": now}
        conn.execute(students.insert().values(school="school-1", id="s-1", name="刘芳", **left))
    done = campus(*erase)
    assert done.returncode == 0, done.stderr
    with db.read(engine) as conn:
        (told,) = audit.entries(conn, "school-1", audit.Wanted(), 5)
    assert (told.login, told.action, told.subject) == ("office", "student.erase", "s-1")
    engine.dispose()
