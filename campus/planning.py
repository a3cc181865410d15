"""What SQLite knows of its tables when it plans a question: it has to be told to look. PostgreSQL looks by itself."""

from __future__ import annotations

import time

import sqlalchemy as sa

from campus import db

# Entries of an index that a look reads at most: enough to see that a school is no choice and a student is one, and
# milliseconds for a table of any size.
_LOOKED_AT = 20_000
# Of smaller tables nothing is kept. Without statistics SQLite plans for a large table, and by noon it may be one.
_FEW = 1000
# Between two tables, for writers: who waits for SQLite asks again after up to a tenth of a second.
_PAUSE_S = 0.12


def look_at_tables(engine: sa.Engine, pause_s: float = _PAUSE_S) -> None:
    """Look at each table in a transaction of its own, with a pause, so that writers wait for one table and not for all.

    Connections know what was found as soon as they are opened anew, which `campus.db` does every hour.
    """
    if engine.dialect.name != "sqlite":
        return
    for table in sa.inspect(engine).get_table_names():
        with db.write(engine) as conn:
            conn.exec_driver_sql(f"PRAGMA analysis_limit={_LOOKED_AT}")
            conn.exec_driver_sql(f'ANALYZE "{table}"')
            small = "DELETE FROM sqlite_stat1 WHERE tbl = ? AND CAST(stat AS INTEGER) < ?"
            conn.exec_driver_sql(small, (table, _FEW))
        time.sleep(pause_s)
