"""The bell over both databases: it rings for what others commit, it never outlasts its wait, it survives an outage."""

import subprocess
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

import campus.bell
from campus import changes, db
from campus.bell import STOP_S, Bell, ring
from campus.clock import SystemClock
from campus.watch import FileWatch

LONG_S = 20.0


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> sa.Engine:
    made: sa.Engine = request.getfixturevalue("engine" if request.param == "sqlite" else "postgresql")
    return made


def write_and_ring(engine: sa.Engine) -> None:
    with db.write(engine) as conn:
        changes.append(conn, SystemClock().now(), "school-1", "alarm", "a-1")
        ring(conn, "a_bell")


def waited(bell: Bell, stop: threading.Event, seconds: float) -> float:
    begun = time.monotonic()
    bell.wait(stop, seconds)
    return time.monotonic() - begun


def test_a_commit_elsewhere_ends_the_wait(database: sa.Engine) -> None:
    bell, stop = Bell(database, "a_bell", SystemClock()), threading.Event()
    bell.wait(stop, LONG_S)
    late = threading.Timer(0.1, write_and_ring, (database,))
    late.start()
    assert waited(bell, stop, LONG_S) < LONG_S / 2
    late.join()
    bell.close()


def test_where_the_kernel_does_not_tell_of_writes_it_rings_all_the_same(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> None:
        raise OSError(f"{path} cannot be watched")

    monkeypatch.setattr(campus.bell, "FileWatch", refuse)
    test_a_commit_elsewhere_ends_the_wait(engine)


def test_while_nothing_is_written_the_counter_is_hardly_looked_at(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    bell, stop, looks = Bell(engine, "a_bell", SystemClock()), threading.Event(), []
    bell.wait(stop, LONG_S)
    counted = bell._counted
    monkeypatch.setattr(bell, "_counted", lambda conn: looks.append(conn) or counted(conn))
    bell.wait(stop, 3 * STOP_S)
    assert len(looks) <= 4 + 1
    bell.close()


def test_a_watch_hears_each_program_that_writes_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "log"
    with pytest.raises(OSError, match="No such file"):
        FileWatch(str(file))
    file.write_bytes(b"")
    watch = FileWatch(str(file))
    (tmp_path / "other").write_bytes(b"x")
    assert not watch.wait(0)
    subprocess.run(["sh", "-c", f"printf x >> '{file}'"], check=True)
    assert watch.wait(LONG_S)
    assert not watch.wait(0)
    watch.close()


def test_what_came_between_two_waits_is_not_missed(database: sa.Engine) -> None:
    bell, stop = Bell(database, "a_bell", SystemClock()), threading.Event()
    bell.wait(stop, LONG_S)
    write_and_ring(database)
    assert waited(bell, stop, LONG_S) < LONG_S / 2
    bell.close()


def test_when_nothing_comes_the_wait_ends_by_itself(database: sa.Engine) -> None:
    bell, stop = Bell(database, "a_bell", SystemClock()), threading.Event()
    bell.wait(stop, LONG_S)
    assert 0.03 < waited(bell, stop, 0.05) < LONG_S / 2
    bell.close()


def test_a_program_that_stops_does_not_wait(database: sa.Engine) -> None:
    bell, stop = Bell(database, "a_bell", SystemClock()), threading.Event()
    stop.set()
    bell.wait(stop, LONG_S)
    assert waited(bell, stop, LONG_S) < LONG_S / 2
    bell.close()


def test_with_the_connection_gone_it_is_a_plain_wait_and_then_rings_again(postgresql: sa.Engine) -> None:
    bell, stop = Bell(postgresql, "a_bell", SystemClock()), threading.Event()
    bell.wait(stop, LONG_S)
    with postgresql.connect() as conn:
        others = "pid <> pg_backend_pid() AND datname = current_database()"
        conn.exec_driver_sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
    assert waited(bell, stop, 0.05) < LONG_S / 2
    bell.wait(stop, LONG_S)
    write_and_ring(postgresql)
    assert waited(bell, stop, LONG_S) < LONG_S / 2
    bell.close()
