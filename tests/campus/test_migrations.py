"""The migrations and the tables that the code declares are the same schema, in both databases."""

import importlib
from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from campus import db

for module in ("campus.tables", "devices.tables", "attendance.tables", "alerts.tables", "dashboards.tables"):
    importlib.import_module(module)  # declares its tables
importlib.import_module("alerts.incidents.tables")
importlib.import_module("alerts.telling.tables")
importlib.import_module("devices.control.tables")
importlib.import_module("devices.trust.tables")
importlib.import_module("attendance.calendar.tables")
importlib.import_module("devices.plan.tables")
importlib.import_module("devices.ledger.tables")
importlib.import_module("devices.upkeep.tables")
importlib.import_module("devices.firmware.tables")
importlib.import_module("devices.health.tables")
importlib.import_module("attendance.leave.follow_up_tables")
importlib.import_module("attendance.roster.tables")
importlib.import_module("attendance.register.tables")
importlib.import_module("attendance.guardians.tables")
importlib.import_module("dashboards.city.tables")
MIGRATIONS = Path(db.__file__).parent / "migrations"


def differences(engine: sa.Engine) -> list[object]:
    """What Alembic would still change to make the database what the tables say."""
    # SQLite tells a default as it was typed, which is never what Alembic compares with.
    defaults = engine.dialect.name != "sqlite"
    with engine.connect() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True, "compare_server_default": defaults})
        return list(compare_metadata(context, db.metadata))


def test_a_migrated_sqlite_database_is_what_the_tables_say(engine: sa.Engine) -> None:
    assert differences(engine) == []


def test_a_migrated_postgresql_database_is_what_the_tables_say(postgresql: sa.Engine) -> None:
    assert differences(postgresql) == []


def test_migrations_form_one_line() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert len(scripts.get_heads()) == 1
    assert [one.down_revision for one in scripts.walk_revisions() if one.down_revision is None] == [None]
