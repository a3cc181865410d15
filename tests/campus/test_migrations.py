"""The migrations and the tables that the code declares are the same schema, in both databases."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import alerts.tables
import attendance.tables
import campus.tables
import dashboards.tables
import devices.tables  # noqa: F401 - declares its tables
from campus import db

MIGRATIONS = Path(db.__file__).parent / "migrations"


def differences(engine: sa.Engine) -> list[object]:
    """What Alembic would still change to make the database what the tables say."""
    # SQLite tells a default as it was typed, which is never what Alembic compares with.
    defaults = engine.dialect.name != "sqlite"
    with engine.connect() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True, "compare_server_default": defaults})
        return list(compare_metadata(context, db.metadata))


@pytest.fixture
def postgresql() -> Iterator[sa.Engine]:
    """A schema of its own on the server that CAMPUS_TEST_POSTGRESQL names."""
    url = os.environ.get("CAMPUS_TEST_POSTGRESQL")
    if not url:
        pytest.skip("CAMPUS_TEST_POSTGRESQL names no server, like postgresql+psycopg://postgres@127.0.0.1/postgres")
    schema = f"test_{secrets.token_hex(4)}"
    owner = sa.create_engine(url)
    with owner.begin() as conn:
        conn.execute(sa.schema.CreateSchema(schema))
    engine = db.open_engine(f"{url}?options=-csearch_path%3D{schema}")
    yield engine
    engine.dispose()
    with owner.begin() as conn:
        conn.execute(sa.schema.DropSchema(schema, cascade=True))
    owner.dispose()


def test_a_migrated_sqlite_database_is_what_the_tables_say(engine: sa.Engine) -> None:
    assert differences(engine) == []


def test_a_migrated_postgresql_database_is_what_the_tables_say(postgresql: sa.Engine) -> None:
    db.migrate(postgresql)
    assert differences(postgresql) == []


def test_migrations_form_one_line() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert len(scripts.get_heads()) == 1
    assert [one.down_revision for one in scripts.walk_revisions() if one.down_revision is None] == [None]
