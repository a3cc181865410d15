"""The relational database: engines, transactions, migrations. The one home of SQLAlchemy engines."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from campus.clock import from_ms, to_ms
from campus.errors import SettingsError, Unavailable

# Every table of every domain registers here; migrations in `campus/migrations` create them.
metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
MIGRATIONS = Path(__file__).parent / "migrations"
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000")
# A commit beyond so many pages in the log writes them back into the database and waits for the disk twice more: with
# SQLite's thousand, every large transaction did. At 4 KiB a page the log stays below 16 MiB or one transaction's size.
_CHECKPOINT_PAGES = 4000
# A connection reads when it is opened what `campus.planning` found in the tables.
_OPEN_FOR_S = 3600
_CACHE_KIB = 32 * 1024  # of a connection, at most: a city's bell touches pages all over the database


class Moment(sa.types.TypeDecorator[datetime]):
    """An aware UTC moment, stored as epoch milliseconds: the same order and meaning in every database."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:  # noqa: ARG002
        """To epoch milliseconds; a naive moment is refused."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return to_ms(value)

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """From epoch milliseconds, aware, in UTC."""
        return None if value is None else from_ms(value)


def open_engine(url: str) -> sa.Engine:
    """An engine for ``url``. SQLite gets WAL, full durability and one writer at a time (`BEGIN IMMEDIATE`)."""
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise SettingsError("database.url", f"{url!r} is no database URL", "Use sqlite:///data/campus.db") from None
    if parsed.get_backend_name() == "postgresql":
        return sa.create_engine(parsed.set(drivername="postgresql+psycopg"), pool_size=8, pool_pre_ping=True)
    if parsed.get_backend_name() != "sqlite":
        raise SettingsError("database.url", f"{parsed.get_backend_name()} is not supported", "Use SQLite or PostgreSQL")
    lasting = -1  # a database in memory lives as long as its connection
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        lasting = _OPEN_FOR_S
    engine = sa.create_engine(parsed, pool_recycle=lasting, connect_args={"timeout": 30, "check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
    # We say BEGIN ourselves (see `write`), so that a writer takes its lock at once and never fails halfway.
    connection.isolation_level = None
    for pragma in (*_PRAGMAS, f"cache_size={-_CACHE_KIB}", f"wal_autocheckpoint={_CHECKPOINT_PAGES}"):
        connection.execute(f"PRAGMA {pragma}")


@contextmanager
def write(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One write transaction: committed when the block ends, rolled back when it raises."""
    try:
        with engine.connect() as conn:
            if engine.dialect.name == "sqlite":
                conn.exec_driver_sql("BEGIN IMMEDIATE")
                try:
                    yield conn
                except BaseException:
                    conn.exec_driver_sql("ROLLBACK")
                    conn.rollback()
                    raise
                conn.exec_driver_sql("COMMIT")
                conn.commit()
            else:
                with conn.begin():
                    yield conn
    except OperationalError as error:
        raise Unavailable("the database", str(error.orig)) from error


@contextmanager
def read(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One consistent view of the database for reading."""
    try:
        with engine.connect() as conn:
            if engine.dialect.name == "sqlite":
                conn.exec_driver_sql("BEGIN")
                try:
                    yield conn
                finally:
                    conn.exec_driver_sql("ROLLBACK")
            else:
                with conn.begin():
                    yield conn
    except OperationalError as error:
        raise Unavailable("the database", str(error.orig)) from error


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def newest_revision() -> str | None:
    """The schema version this program brings."""
    return ScriptDirectory.from_config(_alembic()).get_current_head()


def knows(revision: str) -> bool:
    """Whether a schema version is one that this program brings."""
    return any(one.revision == revision for one in ScriptDirectory.from_config(_alembic()).walk_revisions())


def migrate(engine: sa.Engine) -> None:
    """Bring the schema to the newest version; safe to call from several programs at once."""
    config = _alembic()
    config.attributes["engine"] = engine
    try:
        command.upgrade(config, "heads")
    except DBAPIError as error:
        raise Unavailable("the database", str(error.orig)) from error


def upsert(
    table: sa.Table, conn: sa.Connection, rows: Sequence[dict[str, Any]], keys: Sequence[str], update: Sequence[str]
) -> None:
    """Insert ``rows``; where ``keys`` exist already, set the columns in ``update`` (none: leave the row alone)."""
    if not rows:
        return
    conn.execute(_upsert(table, conn.dialect.name, tuple(keys), tuple(update)), list(rows))


@cache
def _upsert(table: sa.Table, dialect: str, keys: tuple[str, ...], update: tuple[str, ...]) -> sa.Insert:
    """The statement, made once: making it costs as much as running it."""
    statement = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    if not update:
        return statement.on_conflict_do_nothing(index_elements=keys)
    changed = {column: statement.excluded[column] for column in update}
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)
