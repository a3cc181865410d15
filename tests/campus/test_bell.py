"""The bell over both databases: it rings for what others commit, it never outlasts its wait, it survives an outage."""

import threading
import time

import pytest
import sqlalchemy as sa

from campus import changes, db
from campus.bell import Bell, ring
from campus.clock import SystemClock

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
