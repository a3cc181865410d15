"""What SQLite knows of its tables after it looked: of large ones how selective an index is, of small ones nothing."""

import sqlite3
from contextlib import closing

import pytest
import sqlalchemy as sa

from campus import db
from campus.planning import look_at_tables

JOINED = (
    "EXPLAIN QUERY PLAN SELECT count(*) FROM roll JOIN students ON students.school = roll.school "
    "AND students.id = roll.student WHERE roll.school = 'school-1' AND students.class_id = 'c-1'"
)


def known(engine: sa.Engine) -> dict[str, int]:
    """The rows that SQLite thinks a table has."""
    with db.read(engine) as conn:
        rows = conn.exec_driver_sql("SELECT tbl, max(CAST(stat AS INTEGER)) FROM sqlite_stat1 GROUP BY tbl")
        return {str(table): int(number) for table, number in rows}


def fill(engine: sa.Engine, number: int) -> None:
    """So many students, with two rolls each; no marks below them."""
    pupils = [("school-1", f"s-{n}", "x", "7", f"c-{n // 40}", True) for n in range(number)]
    rolls = [(f"d-{day}", pupil[1], "school-1", 1, False) for pupil in pupils for day in (1, 2)]
    with closing(sqlite3.connect(str(engine.url.database))) as bare, bare:
        bare.executemany(
            "INSERT INTO students (school, id, name, grade, class_id, active) VALUES (?,?,?,?,?,?)", pupils
        )
        bare.executemany("INSERT INTO roll (session, student, school, number, held) VALUES (?,?,?,?,?)", rolls)


def test_of_large_tables_it_knows_how_large_and_of_small_ones_nothing(engine: sa.Engine) -> None:
    fill(engine, 1500)
    look_at_tables(engine, pause_s=0)
    assert known(engine) == pytest.approx({"students": 1500, "roll": 3000}, rel=0.5)


def test_a_join_by_school_begins_with_the_class_afterwards(engine: sa.Engine) -> None:
    fill(engine, 1500)
    begins = []
    for step in (lambda: None, lambda: look_at_tables(engine, pause_s=0), engine.dispose):
        step()
        with db.read(engine) as conn:
            begins.append(conn.exec_driver_sql(JOINED).all()[0].detail.split()[1])
    assert begins == ["roll", "students", "students"]
